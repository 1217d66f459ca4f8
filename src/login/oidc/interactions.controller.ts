import '@fastify/cookie';
import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { type Language } from '../../platform/config/languages.js';
import { OwnPagesOnly, Public } from '../../platform/http/access.decorators.js';
import { RawBody } from '../../platform/http/bodies/raw-bodies.js';
import { LANGUAGE_COOKIE, LANGUAGE_KEPT } from '../pages/page-language.js';
import { styleNonce } from '../pages/page.js';
import { asksFor, Interactions, type Begun, type NextStep } from './interactions.js';
import { providerPolicy } from './page-policy.js';
import { OidcPages } from './oidc-pages.js';
import { isLanguage } from '../../platform/texts/language.js';

/** The pages between an application's request and its answer. */
@ApiExcludeController()
@Controller('oidc/interaction')
export class InteractionsController {
  constructor(
    private readonly settings: ServerSettings,
    private readonly interactions: Interactions,
    private readonly pages: OidcPages,
  ) {}

  @Get(':uid')
  @Public()
  async show(
    @Param('uid') uid: string,
    @Query('lang') asked: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(await this.interactions.visit(uid, request, reply), asked, request, reply);
  }

  @Post(':uid/confirm')
  @OwnPagesOnly()
  @RawBody('application/x-www-form-urlencoded', 'application/json')
  async confirm(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(await this.interactions.confirm(uid, request, reply), undefined, request, reply);
  }

  @Post(':uid/abort')
  @OwnPagesOnly()
  @RawBody('application/x-www-form-urlencoded', 'application/json')
  async abort(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(await this.interactions.abort(uid, request, reply), undefined, request, reply);
  }

  private async answer(next: NextStep, asked: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    void reply.header('cache-control', 'no-store');
    if (next.kind === 'sent') return void reply.code(303).header('location', next.to).send();
    const begun = next.kind === 'expired' ? undefined : next.begun;
    const language = this.pages.languageOf({
      asked,
      uiLocales: begun?.interaction.params['ui_locales'],
      chosen: request.cookies[LANGUAGE_COOKIE],
      acceptLanguage: request.headers['accept-language'],
    });
    if (isLanguage(asked)) {
      const secure = this.settings.publicUrl.startsWith('https:');
      void reply.setCookie(LANGUAGE_COOKIE, asked, { path: '/', maxAge: LANGUAGE_KEPT, sameSite: 'lax', secure });
    }
    const redirectUri = begun?.interaction.params['redirect_uri'];
    const sentTo = typeof redirectUri === 'string' ? redirectUri : undefined;
    const nonce = styleNonce();
    const html = await this.page(next, begun, { language, nonce });
    void reply
      .code(begun ? 200 : 400)
      .header('content-language', language)
      .header('content-security-policy', providerPolicy(sentTo, begun?.client.logoUri, nonce))
      .type('text/html; charset=utf-8')
      .send(html);
  }

  private async page(
    next: NextStep,
    begun: Begun | undefined,
    { language, nonce }: { language: Language; nonce: string },
  ) {
    if (!begun) return this.pages.expired(language);
    const visit = this.interactions.visitOf(begun);
    if (next.kind === 'login') return this.pages.login(visit, language, nonce);
    if (next.kind === 'proof') return this.pages.proof(visit, language, nonce);
    if (next.kind === 'enrolment') return this.pages.enrolment(visit, language);
    return this.pages.consent(
      visit,
      { scopes: asksFor(begun), person: await this.interactions.personOf(begun) },
      language,
    );
  }
}

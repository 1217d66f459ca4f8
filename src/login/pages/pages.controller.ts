import '@fastify/cookie';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { NameSettings } from '../../platform/config/groups/names.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Public } from '../../platform/http/access.decorators.js';
import { sessionCookie } from '../../platform/http/browser-cookies.js';
import { BrowserSessions } from '../../identity/sessions/browser-sessions.js';
import { BuiltFiles } from './built-files.js';
import { pagePolicy, renderPage, SCRIPTS, styleNonce, type PageName } from './page.js';
import { nextPage } from './next-page.js';
import { languageFor } from './page-language.js';
import { sendFile } from './send-file.js';

/** An asset's name has the hash of its content: under one name it never changes. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** A name that stays when the file changes: who has an older one gets the new one after this, by a question that costs a 304. */
const FIVE_MINUTES = 'public, max-age=300';

/** Pages for those who have none of their own, and the element and the client for those who have. */
@ApiExcludeController()
@Controller()
export class PagesController {
  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly nameSettings: NameSettings,
    private readonly serverSettings: ServerSettings,
    private readonly files: BuiltFiles,
    private readonly browsers: BrowserSessions,
  ) {}

  /**
   * Whoever is logged in already has nothing to do here, by whichever link they came: a page that is opened shows nobody
   * else anything, so the cookie counts here as it does on our own pages.
   */
  @Get('login')
  @Public()
  async login(
    @Query('lang') asked: unknown,
    @Query('next') wanted: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const next = nextPage(wanted);
    const cookie = sessionCookie(request);
    const caller = cookie === null ? null : await this.browsers.caller(cookie);
    this.page(caller ? { elsewhere: next ?? '/account' } : 'login', asked, request, reply, next);
  }

  @Get('forgot-password')
  @Public()
  forgotPassword(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.page('forgot-password', asked, request, reply);
  }

  /**
   * A cookie is enough here: after a link on another site it is shown but does not count (`isFromOwnPage`), and the page
   * itself finds out whose it is.
   */
  @Get('account')
  @Public()
  account(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const shown = sessionCookie(request) !== null;
    this.page(shown ? 'account' : { elsewhere: '/login' }, asked, request, reply);
  }

  @Get('assets/:name')
  @Public()
  asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const file = this.files.asset(name);
    if (!file) throw new AppError('not_found');
    sendFile(request, reply, file, FOR_GOOD);
  }

  /** For every origin: it holds nothing of anybody. Whose pages may call the API, `FRONTEND_URL` decides. */
  @Get('elements/masuk-login.js')
  @Public()
  element(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const file = this.files.element('masuk-login.js');
    if (!file) throw new AppError('not_found');
    void reply
      .removeHeader('access-control-allow-credentials')
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin');
    sendFile(request, reply, file, FIVE_MINUTES);
  }

  /** `@masuk/client` of this release, so that it fits the API; a front end installs it from here. */
  @Get('client/masuk-client.tgz')
  @Public()
  client(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const file = this.files.clientPackage();
    if (!file) throw new AppError('not_found');
    sendFile(request, reply, file, FIVE_MINUTES);
  }

  private page(
    page: PageName | { elsewhere: string },
    asked: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    next: string | null = null,
  ): void {
    const { appName } = this.nameSettings;
    const language = languageFor(request, reply, asked, { ...this.regionSettings, ...this.serverSettings });
    void reply.header('cache-control', 'no-store');
    if (typeof page !== 'string') return void reply.code(302).header('location', page.elsewhere).send();
    const assets = this.files.ofPage(SCRIPTS[page]);
    const nonce = styleNonce();
    void reply
      .header('content-language', language)
      .header('content-security-policy', pagePolicy(nonce))
      .type('text/html; charset=utf-8')
      .send(renderPage(page, { language, appName, assets, next, nonce }));
  }
}

import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { Public } from '../http/access.decorators.js';
import { BuiltFiles } from './built-files.js';
import { PAGE_POLICY, renderPage, SCRIPTS, type PageName } from './page.js';
import { languageCookie, pageLanguage } from './page-language.js';
import { sendFile } from './send-file.js';

/** An asset's name has the hash of its content: under one name it never changes. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** The element's name stays when it changes: embedders get a new one after this, by a question that costs a 304. */
const FIVE_MINUTES = 'public, max-age=300';

/** Pages for those who have none of their own, and the element for those who have. */
@ApiExcludeController()
@Controller()
export class PagesController {
  constructor(
    private readonly settings: Settings,
    private readonly files: BuiltFiles,
  ) {}

  @Get('login')
  @Public()
  login(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.page('login', asked, request, reply);
  }

  @Get('forgot-password')
  @Public()
  forgotPassword(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.page('forgot-password', asked, request, reply);
  }

  @Get('account')
  @Public()
  account(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.page('account', asked, request, reply);
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
    void reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
    sendFile(request, reply, file, FIVE_MINUTES);
  }

  private page(name: PageName, asked: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { cookie: cookies, 'accept-language': acceptLanguage } = request.headers;
    const language = pageLanguage({ asked, cookies, acceptLanguage }, this.settings.messageLanguage);
    const choice = languageCookie(asked, this.settings.publicUrl.startsWith('https:'));
    if (choice !== null) void reply.header('set-cookie', choice);
    void reply
      .header('cache-control', 'no-store')
      .header('content-language', language)
      .header('content-security-policy', PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(renderPage(name, language, this.settings.appName, this.files.ofPage(SCRIPTS[name])));
  }
}

import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { BuiltFiles } from '../../login/pages/built-files.js';
import { pagePolicy } from '../../login/pages/page.js';
import { languageFor } from '../../login/pages/page-language.js';
import { NameSettings } from '../../platform/config/groups/names.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { Public } from '../../platform/http/access.decorators.js';
import { sessionCookie } from '../../platform/http/browser-cookies.js';
import { consoleShell } from './console-shell.js';

/**
 * The console's address, whatever follows it: its script knows its pages. The page itself holds nothing of anybody; what it
 * shows it asks of the API, which decides who may see it.
 */
@ApiExcludeController()
@Controller()
export class ConsoleController {
  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly nameSettings: NameSettings,
    private readonly serverSettings: ServerSettings,
    private readonly files: BuiltFiles,
  ) {}

  @Get(['admin', 'admin/*'])
  @Public()
  shell(@Query('lang') asked: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const language = languageFor(request, reply, asked, { ...this.regionSettings, ...this.serverSettings });
    void reply.header('cache-control', 'no-store');
    if (sessionCookie(request) === null) {
      const login = `/login?next=${encodeURIComponent(request.originalUrl)}`;
      return void reply.code(302).header('location', login).send();
    }
    const assets = this.files.ofPage('pages/console-page.ts', 'console/shell/console.css');
    void reply
      .header('content-language', language)
      .header('content-security-policy', pagePolicy())
      .type('text/html; charset=utf-8')
      .send(consoleShell(language, this.nameSettings.appName, assets));
  }
}

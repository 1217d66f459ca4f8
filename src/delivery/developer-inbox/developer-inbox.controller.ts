import { isIP } from 'node:net';
import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Public } from '../../platform/http/access.decorators.js';
import { isCalledFromHere } from '../../platform/http/local-calls.js';
import { DeveloperInbox } from './developer-inbox.js';
import { INBOX_PAGE, INBOX_SCRIPT, INBOX_STYLE } from './developer-inbox.page.js';

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Messages of the console provider, for developers. The module leaves it out in production: there the address is a 404. */
@ApiExcludeController()
@Controller('dev')
export class DeveloperInboxController {
  constructor(
    private readonly inbox: DeveloperInbox,
    private readonly settings: ServerSettings,
  ) {}

  /** The page for a browser; JSON for everything that does not ask for HTML. */
  @Get('inbox')
  @Public()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.mayRead(request)) throw new AppError('not_found');
    void reply.header('cache-control', 'no-store').header('vary', 'accept');
    if (request.headers.accept?.includes('text/html')) {
      return void reply
        .header('content-security-policy', PAGE_POLICY)
        .type('text/html; charset=utf-8')
        .send(INBOX_PAGE);
    }
    void reply.send({ success: true, message: 'Newest first', data: await this.inbox.newest() });
  }

  @Get('inbox.js')
  @Public()
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return INBOX_SCRIPT;
  }

  @Get('inbox.css')
  @Public()
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return INBOX_STYLE;
  }

  /**
   * Codes are read here, so nobody but this machine may, unless `EXPOSE_DEVELOPMENT` opens the service to others. Even
   * then no page of somebody else may: a name of theirs that is made to point here (DNS rebinding) arrives as the host.
   */
  private mayRead(request: FastifyRequest): boolean {
    if (isCalledFromHere(request)) return true;
    const host = request.hostname.toLowerCase().replace(/^\[|\]$/g, '');
    return this.settings.exposeDevelopment && (host === 'localhost' || isIP(host) !== 0);
  }
}

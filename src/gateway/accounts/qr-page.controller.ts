import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { whoCalls } from '../../identity/api-keys/api-key.guard.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { answerLanguage } from '../../platform/texts/language.js';
import { FreshLogin, KeylessFromLoopback, Public, ScopesOrTicket } from '../../platform/http/access.decorators.js';
import { keepTicketCookie, shownTicket } from '../../platform/http/tickets.js';
import { LinkedAccounts } from './linked-accounts.service.js';
import { StreamViewers } from './stream-viewers.js';
import { qrPage, QR_SCRIPT, QR_STYLE } from './qr.page.js';
import { QrTickets, VIEWER_SECONDS } from './qr-tickets.js';
import { LinkedAccountName } from './linked-account-routes.js';
import { LinkedAccountStreams } from './linked-account-streams.js';

/** The picture of a QR code is a data URL; everything else comes from this service. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The page to scan from, for an admin with the cookie of our own pages or for whoever was given a link. The link is
 * used up by being opened: the browser gets a cookie for it, and an address without the ticket.
 */
@ApiExcludeController()
@Controller()
export class QrPageController {
  constructor(
    private readonly settings: RegionSettings,
    private readonly sessions: LinkedAccounts,
    private readonly tickets: QrTickets,
    private readonly streams: LinkedAccountStreams,
    private readonly viewers: StreamViewers,
  ) {}

  @Get('api/sessions/:id/qr-page')
  @ScopesOrTicket('sessions')
  @FreshLogin()
  @KeylessFromLoopback()
  async page(
    @LinkedAccountName() name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    void reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    const shown = shownTicket(request);
    if (shown?.ticket != null) {
      const viewer = await this.tickets.exchange(shown.ticket, name);
      keepTicketCookie(reply, name, viewer, VIEWER_SECONDS);
      return void reply.redirect(`/api/sessions/${name}/qr-page`, 303);
    }
    await this.mayLook(name, request);
    const language = answerLanguage(this.settings.messageLanguage, request.headers['accept-language']);
    void reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(qrPage(language));
  }

  @Get('api/sessions/:id/events')
  @ScopesOrTicket('sessions')
  @FreshLogin()
  @KeylessFromLoopback()
  async events(
    @LinkedAccountName() name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = await this.mayLook(name, request);
    this.streams.begin(id, this.viewers.viewerOf(request, { id, name }), reply);
  }

  @Get('gateway/qr.js')
  @Public()
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return QR_SCRIPT;
  }

  @Get('gateway/qr.css')
  @Public()
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return QR_STYLE;
  }

  /** @returns the linked account's own id @throws AppError when the caller may not look at it */
  private async mayLook(name: string, request: FastifyRequest): Promise<string> {
    await this.sessions.requireGateway();
    const shown = shownTicket(request);
    if (shown) return this.tickets.view(shown, name);
    return (await this.sessions.get(name, whoCalls(request))).id;
  }
}

import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { escapeHtml } from '../../../platform/texts/escape-html.js';
import { rejected, state } from '../outcomes.js';
import { redacted } from '../redaction.js';

/** What the provider needs to know of its mail server. */
export interface EmailOptions {
  /** `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte. */
  url: string;
  /** Sender, `no-reply@example.com` or `Masuk <no-reply@example.com>`. */
  from: string;
}

/** What nodemailer tells of a failure; all of it is optional. */
interface SmtpFailure {
  code?: unknown;
  command?: unknown;
  responseCode?: unknown;
  response?: unknown;
}

/** A step of SMTP that takes longer is given up, in ms, whatever the caller's signal says. */
const STEP_TIMEOUT = 10_000;

/** One mailbox, in the form that needs no quoting (RFC 5321, 4.1.2). Anything else could be several, or a header. */
const MAILBOX = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i;
const MAX_MAILBOX = 254;

/** E-mail over SMTP, for accounts that have an address. Its words and numbers: RFC 5321 and RFC 3463. */
export class EmailProvider implements MessageProvider {
  readonly name = 'email';
  readonly onWhatsApp = false;
  readonly sendsReceipts = false;
  /** No files. */
  readonly mediaKinds = [];
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the password.
  readonly #transport: ReturnType<typeof transportFor>;
  readonly #from: string;
  readonly #domain: string;
  readonly #secrets: readonly string[];
  /** Ids of mails whose content the server has begun to take: from there on nobody knows whether it keeps them. */
  readonly #begun = new Set<string>();

  constructor({ url, from }: EmailOptions) {
    this.#transport = transportFor(url);
    this.#from = from;
    this.#domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
    const { username, password } = new URL(url);
    this.#secrets = [decodeURIComponent(username), decodeURIComponent(password)];
    this.#transport.use('stream', (mail, done) => {
      const id = mail.message.messageId();
      mail.message.processFunc((content) => content.once('resume', () => this.#begun.add(id)));
      done();
    });
  }

  /**
   * Sends one mail over a connection of its own; "accepted" means that our mail server has it. An account without an
   * address is declined at once, without asking anybody.
   */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const { email: to, code } = message;
    if (to === null) return rejected('recipient-unreachable');
    if (to.length > MAX_MAILBOX || !MAILBOX.test(to)) return rejected('recipient-invalid');
    if (signal.aborted) return rejected('provider-unavailable', { words: 'ERR_CANCELED' });
    const messageId = `<${randomUUID()}@${this.#domain}>`;
    try {
      await this.#transport.sendMail({
        messageId,
        from: this.#from,
        to: { name: '', address: to },
        subject: message.subject.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').toWellFormed(),
        text: message.text.toWellFormed(),
        html: htmlOf(message),
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal,
      });
      return { kind: 'accepted', providerMessageId: messageId };
    } catch (error) {
      return this.#failure(error as SmtpFailure, this.#begun.has(messageId), signal, [to, message.text, code]);
    } finally {
      this.#begun.delete(messageId);
    }
  }

  /** Logs in at the mail server and leaves again. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true });
    });
    try {
      await Promise.race([this.#transport.verify(), aborted]);
      return state('connected');
    } catch (error) {
      if (signal.aborted) return state('unreachable', 'timeout');
      const failure = error as SmtpFailure;
      const words = redacted(replyOf(failure)?.words, this.#secrets) ?? codeWord(failure);
      return state(refusal(failure) === 'provider-auth' ? 'disconnected' : 'unreachable', words);
    }
  }

  #failure(error: SmtpFailure, begun: boolean, signal: AbortSignal, sent: (string | undefined)[]): SendOutcome {
    const reply = replyOf(error);
    if (begun && reply === undefined) {
      if (signal.aborted || error.code === 'ETIMEDOUT') return { kind: 'unknown', cause: 'timeout' };
      return { kind: 'unknown', cause: error.code === 'EPROTOCOL' ? 'bad-body' : 'reset' };
    }
    const words = redacted(reply?.words, [...this.#secrets, ...sent]);
    const ownCode = signal.aborted ? 'ERR_CANCELED' : codeWord(error);
    return rejected(refusal(error), { words: words ?? ownCode, code: reply?.code });
  }
}

/**
 * Connection options. Codes do not travel in clear text: without `smtps` the server must offer STARTTLS, unless it is
 * on this machine, or the address says `?ignoreTLS=true`.
 */
export function smtpOptions(address: string) {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'smtps:';
  const local = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
  const ignoreTLS = url.searchParams.get('ignoreTLS') === 'true';
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !local && !ignoreTLS,
    ignoreTLS,
    // Nobody is between us and this machine, and its certificate is seldom one that could be checked.
    ...(local && { tls: { rejectUnauthorized: false } }),
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: STEP_TIMEOUT,
    greetingTimeout: STEP_TIMEOUT,
    socketTimeout: STEP_TIMEOUT,
    dnsTimeout: STEP_TIMEOUT,
    maxResponseSize: 64 * 1024,
    // A mail of ours never brings a file or a page along, whatever its text says.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function transportFor(url: string) {
  return createTransport(smtpOptions(url));
}

/**
 * What a refusal means, by the reply's number and the command that it answered: 4xx passes, 5xx stays. A failure without
 * a reply came before anything was sent.
 */
function refusal(error: SmtpFailure): RejectionReason {
  const { code, command } = error;
  const { number, enhanced } = replyOf(error) ?? {};
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    return number !== undefined && number < 500 ? 'provider-unavailable' : 'provider-auth';
  }
  if (number === undefined || number < 500) return 'provider-unavailable';
  if (number === 530 || number === 534 || number === 535 || number === 538) return 'provider-auth';
  // We may not send under this sender: a matter between us and our server.
  if (command === 'MAIL FROM') return 'provider-auth';
  if (command !== 'RCPT TO') return command === 'DATA' ? 'content' : 'provider-unavailable';
  if (enhanced === '5.2.2' || (enhanced === undefined && number === 552)) return 'recipient-unreachable';
  if (enhanced?.startsWith('5.7.') || (enhanced === undefined && number === 554)) return 'recipient-blocked-by-policy';
  return 'recipient-invalid';
}

/** A reply of the server in its parts: `550 5.1.1 No such user`. */
function replyOf({ responseCode, response }: SmtpFailure) {
  if (typeof responseCode !== 'number') return undefined;
  const text = typeof response === 'string' ? response : '';
  const [, enhanced, words] = /^\d{3}[ -]?([245]\.\d{1,3}\.\d{1,3})?\s*([^]*)$/.exec(text) ?? [];
  return {
    number: responseCode,
    enhanced,
    words,
    code: enhanced ? `${responseCode} ${enhanced}` : String(responseCode),
  };
}

function codeWord({ code }: SmtpFailure): string | undefined {
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}

/** The text as plain HTML: paragraphs, and the code in large type. Nothing is loaded, nothing can be clicked. */
function htmlOf({ text, code, language }: OutgoingMessage): string {
  const paragraphs = text
    .toWellFormed()
    .split(/\n{2,}/)
    .map((paragraph) =>
      paragraph === `*${code}*`
        ? `<p style="font-size:1.75em;font-weight:bold;letter-spacing:.15em">${escapeHtml(code ?? '')}</p>`
        : `<p>${paragraph.split('\n').map(escapeHtml).join('<br>')}</p>`,
    );
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"></head><body>${paragraphs.join('')}</body></html>`;
}

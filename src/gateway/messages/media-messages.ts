import { Inject, Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { type OutgoingMedia } from '../../delivery/providers/message-provider.js';
import { GatewayMessages, type QueueEnd, type SentMessage } from './gateway-messages.service.js';
import { MediaFetcher } from '../media/media-fetcher.js';
import { MediaForm } from '../media/media-form.js';
import { MediaIntake, type MediaPlace, type StoredMedia } from '../media/media-intake.js';
import { TEXT, VOICE, fileName, textTypeOf, type MediaKind } from '../../delivery/providers/media-types.js';
import { type GatewayMessage, type MediaContent } from './message-kinds.js';
import { type SendMediaDto } from '../media/media.dto.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

/** Files that one instance takes in at the same time: each is some rows and half a megabyte of memory. */
const MOST_AT_ONCE = 16;

/** And for one linked account: a caller that sends slowly must leave room for others. */
const MOST_OF_ONE = 4;

/** Messages with a file: uploaded, or fetched from where the caller says it is. */
@Injectable()
export class MediaMessages {
  /** The linked accounts that files come in for, one entry a file. */
  private readonly coming: string[] = [];

  constructor(
    private readonly settings: RegionSettings,
    private readonly messages: GatewayMessages,
    private readonly form: MediaForm,
    private readonly fetcher: MediaFetcher,
    private readonly intake: MediaIntake,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Takes the file in, and sends it by a linked account of the caller's.
   *
   * @throws AppError as `GatewayMessages.send`, and `media_too_large`, `media_type_not_allowed`, `media_url_refused`,
   *   `media_url_failed`, `validation_failed`, `invalid_phone`
   */
  async send(name: string, caller: Calling, kind: MediaKind, request: FastifyRequest): Promise<SentMessage> {
    const sessionId = await this.messages.ready(name, caller);
    const messageId = uuidv7();
    try {
      const { to, message } = await this.takeIn({ messageId, sessionId, kind }, request);
      return await this.messages.send(name, caller, to, message, messageId);
    } finally {
      await this.forget(messageId);
    }
  }

  /**
   * Fetches a file of the ladder's and sends it by this linked account, by its id.
   *
   * @param to E.164
   * @param patience how long it may take in all, in ms; half of it is for fetching, so that others get their turn
   * @returns how it ended; `unfetched`, certainly not sent, with why
   */
  async sendForLadder(
    { sessionId, to }: { sessionId: string; to: string },
    { kind, url, caption, fileName: named }: OutgoingMedia,
    patience: number,
    signal: AbortSignal,
  ): Promise<QueueEnd | { readonly kind: 'unfetched'; readonly error: unknown }> {
    const messageId = uuidv7();
    const place = { messageId, sessionId, kind };
    try {
      const message = await this.admitted(sessionId, async (): Promise<GatewayMessage> => {
        const fetching = AbortSignal.any([signal, AbortSignal.timeout(patience / 2)]);
        const { name, kept } = await this.fetch(url, place, fetching);
        const fields = { ...(caption !== null && { caption }), ...(named !== null && { fileName: named }) };
        return { kind, content: contentOf(kept, name, kind, fields) };
      }).catch((error: unknown) => ({ kind: 'unfetched' as const, error }));
      if (message.kind === 'unfetched') return message;
      return await this.messages.queue(sessionId, to, message, { patience, fromLadder: true, signal, id: messageId });
    } finally {
      await this.forget(messageId);
    }
  }

  /** Of a message that waits, or is on its way, nothing is forgotten. */
  private async forget(messageId: string): Promise<void> {
    await this.intake
      .forget(messageId)
      .catch((err: unknown) => this.logger.warn({ err }, 'a finished file was not deleted; a job will delete it'));
  }

  private takeIn(place: MediaPlace, request: FastifyRequest): Promise<{ to: string; message: GatewayMessage }> {
    return this.admitted(place.sessionId, async () => {
      const { fields, upload } = await this.form.read(request, place.kind, (bytes) => this.intake.store(bytes, place));
      const to = parsePhone(fields.to, this.settings.allowedCountries);
      if (to === null) throw new AppError('invalid_phone');
      const url = fields.url ?? null;
      if ((upload === null) === (url === null)) throw invalidField(place.kind, 'fileOrUrl');
      const { name, kept } = upload ?? (await this.fetch(url ?? '', place));
      return { to, message: { kind: place.kind, content: contentOf(kept, name, place.kind, fields) } };
    });
  }

  private async admitted<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    const ofThis = this.coming.filter((one) => one === sessionId).length;
    if (this.coming.length >= MOST_AT_ONCE || ofThis >= MOST_OF_ONE) throw new AppError('busy', { retryAfter: 10 });
    this.coming.push(sessionId);
    try {
      return await work();
    } finally {
      this.coming.splice(this.coming.indexOf(sessionId), 1);
    }
  }

  private async fetch(
    url: string,
    place: MediaPlace,
    until?: AbortSignal,
  ): Promise<{ name: string; kept: StoredMedia }> {
    const { name, bytes } = await this.fetcher.open(url, until);
    return { name, kept: await this.intake.store(bytes, place) };
  }
}

function contentOf(stored: StoredMedia, name: string, kind: MediaKind, fields: Omit<SendMediaDto, 'to'>): MediaContent {
  const given = fields.fileName ?? name;
  const type = stored.type === TEXT ? textTypeOf(given) : stored.type;
  const voice = kind === 'audio' && fields.ptt === true;
  if (voice && type.mimetype !== VOICE) throw new AppError('media_type_not_allowed');
  return {
    mimetype: type.mimetype,
    key: stored.key.toString('base64'),
    sha256: stored.sha256.toString('base64'),
    encryptedSha256: stored.encryptedSha256.toString('base64'),
    size: stored.size,
    encryptedSize: stored.encryptedSize,
    ...(kind !== 'audio' && fields.caption ? { caption: fields.caption } : {}),
    ...(kind === 'document' ? { fileName: fileName(given, type) } : {}),
    ...(kind === 'audio' ? { voice, seconds: stored.seconds ?? 0 } : {}),
  };
}

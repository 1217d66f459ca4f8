import { isPossiblePhone } from '../../platform/phone/phone.js';
import { areDigitsOf, hiddenSender } from '../../platform/phone/sender.js';
import { idOf, isFields, own, type Fields } from './json-fields.js';
import type { IncomingBatch, IncomingKind, IncomingMessage, MediaReference, Receipt } from './message-provider.js';
import { keyNames } from './redaction.js';

/** Elements that one body may bring, containers counted, too; Meta's largest batch is 1,000. */
const MAX_ELEMENTS = 2_000;
const MAX_TEXT = 65_536;
const MAX_LINE = 255;
const MAX_URL = 4_096;

/** 2010 to 2100: what lies outside is a counter, an id or a joke. */
const EARLIEST = Date.UTC(2010);
const LATEST = Date.UTC(2100);

const WHATSAPP_ID = /^(\d{1,20})(?::\d{1,5})?@(?:s\.whatsapp\.net|c\.us)$/;

/**
 * Reads one webhook body: strangers' JSON of up to 1 MB. Takes what it knows, skips and counts what it does not, and is
 * bounded whatever comes. Never throws.
 */
export class WebhookReading {
  private readonly messages: IncomingMessage[] = [];
  private readonly receipts: Receipt[] = [];
  private skipped = 0;
  private skippedKeys: string[] | undefined;
  private left = MAX_ELEMENTS;

  constructor(private readonly provider: string) {}

  /** Each object of a list, while the body's allowance lasts. An absent list is empty; other types are skipped. */
  *each(list: unknown): Generator<Fields> {
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) {
      this.skip(list);
      return;
    }
    for (const [index, element] of list.entries()) {
      if (this.left <= 0) {
        this.skipped += list.length - index;
        return;
      }
      this.left -= 1;
      if (isFields(element)) yield element;
      else this.skip(element);
    }
  }

  skip(element: unknown): void {
    this.skipped += 1;
    this.skippedKeys ??= keyNames(isFields(element) ? element : undefined, []);
  }

  message(message: Omit<IncomingMessage, 'provider'>): void {
    this.messages.push({ provider: this.provider, ...message });
  }

  receipt(receipt: Omit<Receipt, 'provider'>): void {
    this.receipts.push({ provider: this.provider, ...receipt });
  }

  batch(): IncomingBatch {
    const { messages, receipts, skipped, skippedKeys = [] } = this;
    return { messages, receipts, skipped, skippedKeys };
  }
}

/** A text as it was written, without NUL and half characters; null for anything else, and for an empty text. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.slice(0, MAX_TEXT).replaceAll('\0', '').toWellFormed() || null;
}

/** A text of one line, such as a name: control and format characters become spaces. */
export function lineOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const line = value.slice(0, MAX_LINE).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ');
  return line.trim().toWellFormed() || null;
}

/** What a word of the provider's means, out of a table; undefined for words that are not in it. */
export function meaningOf<Meaning>(word: unknown, table: Readonly<Record<string, Meaning>>): Meaning | undefined {
  return typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;
}

/**
 * A number or WhatsApp id of a person as E.164; null for groups, hidden ids (`@lid`) and anything else. Bare digits that no
 * country could have as a number are a hidden id, too.
 */
export function phoneOf(value: unknown): string | null {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written !== 'string' || written.length > 60) return null;
  const digits = written.includes('@') ? WHATSAPP_ID.exec(written)?.[1] : written.trim().replace(/^\+/, '');
  if (digits === undefined || !/^[1-9]\d{6,14}$/.test(digits)) return null;
  const isBare = !written.includes('@') && !written.includes('+');
  return isBare && !isPossiblePhone(`+${digits}`) ? null : `+${digits}`;
}

/** A number as it is dialled in Indonesia, with its country's code: some gateways serve Indonesian numbers. */
export function atHome(number: unknown): unknown {
  return typeof number === 'string' && /^08\d+$/.test(number) ? `62${number.slice(1)}` : number;
}

/**
 * Who sent a message: E.164, or `id:…` for somebody who hides their number (see `hiddenSender`).
 *
 * @param numbers fields that may hold the number, the surest first
 * @param ids fields that may hold an id other than a number
 */
export function senderOf(numbers: readonly unknown[], ids: readonly unknown[]): string | null {
  const phones = numbers.filter((number) => !areDigitsOf(number, ids)).map(phoneOf);
  return (
    phones.find((phone) => phone !== null) ?? [...ids, ...numbers].map(hiddenSender).find((id) => id !== null) ?? null
  );
}

/** A time in seconds or milliseconds, as a number or in digits; null when it is not plausible. */
export function timeOf(value: unknown): Date | null {
  const number = typeof value === 'string' && /^\d{1,16}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return null;
  const ms = number < 100_000_000_000 ? number * 1_000 : number;
  return ms >= EARLIEST && ms <= LATEST ? new Date(ms) : null;
}

/** True as JSON, a form or a number say it. */
export function isTrue(value: unknown): boolean {
  return (
    value === true || value === 1 || value === '1' || (typeof value === 'string' && value.toLowerCase() === 'true')
  );
}

const WITH_MEDIA: ReadonlySet<IncomingKind> = new Set(['image', 'video', 'audio', 'document', 'sticker', 'other']);

/** Where media lie, by the names that a provider has for it; null when there is neither an id nor an address. */
export function mediaOf(
  kind: IncomingKind,
  content: unknown,
  names: Record<keyof MediaReference, string>,
): MediaReference | null {
  // Of other kinds, an id is a button's or a preview's.
  if (!WITH_MEDIA.has(kind)) return null;
  const id = idOf(own(content, names.id));
  const url = urlOf(own(content, names.url));
  if (id === null && url === null) return null;
  const mimeType = lineOf(own(content, names.mimeType));
  // Only a type makes it a file there: an invitation has an id and an address, too.
  if (kind === 'other' && mimeType === null) return null;
  return { id, url, mimeType, fileName: lineOf(own(content, names.fileName)) };
}

/** An http(s) address of at most 4,096 characters, unchecked otherwise. */
export function urlOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_URL && /^https?:\/\/[\x21-\x7e]+$/i.test(value)
    ? value
    : null;
}

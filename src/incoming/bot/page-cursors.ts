import { invalidField } from '../../platform/errors/invalid-field.js';

/** Where the next page of conversations begins; opaque to the caller. */
export function afterConversation({ last_activity_at, phone }: { last_activity_at: Date; phone: string }): string {
  return Buffer.from(`${last_activity_at.getTime()} ${phone}`).toString('base64url');
}

/** @throws AppError `validation_failed` for an invalid cursor */
export function readConversationCursor(cursor: string): { at: Date; phone: string } {
  const [, time, phone = ''] = /^(\d{1,14}) (\+\d{7,15}|id:[\w.@]{1,140})$/.exec(decoded(cursor)) ?? refuse();
  return { at: new Date(Number(time)), phone };
}

/** Where the next page of messages begins; opaque to the caller. */
export function beforePosition(position: number): string {
  return Buffer.from(`before ${position}`).toString('base64url');
}

/** @throws AppError `validation_failed` for an invalid cursor */
export function readPositionCursor(cursor: string): number {
  const [, position] = /^before (\d{1,9})$/.exec(decoded(cursor)) ?? refuse();
  return Number(position);
}

function decoded(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}

function refuse(): never {
  throw invalidField('cursor', 'unknownCursor');
}

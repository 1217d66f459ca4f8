import { invalidField } from '../errors/invalid-field.js';

/** Where a page begins, in a list that is ordered by time and id, newest first. */
export interface TimePosition {
  readonly at: Date;
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A position as a cursor; opaque to the caller. */
export function timeCursor({ at, id }: TimePosition): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url');
}

/** @throws AppError `validation_failed` for an invalid cursor */
export function readTimeCursor(cursor: string | undefined): TimePosition | null {
  if (cursor === undefined) return null;
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (/^\d{1,14}$/.test(time) && UUID.test(id)) return { at: new Date(Number(time)), id };
  throw invalidField('cursor', 'unknownCursor');
}

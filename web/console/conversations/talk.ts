import type { Entry } from '../kit/api.js';

export type Talk = Entry<'/api/conversations'>;
export type Message = Entry<'/api/conversations/{phone}/messages'>;
export type State = Talk['state'];

/** What takes the place of `:phone` in the API's paths, and stands in the console's address. */
export const idOf = ({ phone, senderId }: Talk): string => phone ?? senderId ?? '';

export const addressOfTalk = (id: string): string => `/admin/conversations/${encodeURIComponent(id)}`;

/** Whose conversation it is: the name that the sender chose, else the number. */
export const titleOf = (talk: Talk, hidden: string): string => talk.name ?? talk.phone ?? hidden;

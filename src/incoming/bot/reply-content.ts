import { outgoingUrl } from '../../platform/egress/outgoing-agent.js';
import { type OutgoingMedia } from '../../delivery/providers/message-provider.js';
import { type ReplyDto } from './conversations.dto.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

/** What staff answers: a text, or a file where it lies. */
export type ReplyContent =
  { readonly text: string; readonly media?: undefined } | { readonly text: ''; readonly media: OutgoingMedia };

/** Longest address of a file, in characters, written out as it goes to the provider. */
const LONGEST_URL = 2_048;

/**
 * What a checked body says. Nothing is looked up or fetched: the provider does that.
 *
 * @throws AppError `validation_failed`: both or none of text and file, no https address, words with a sound
 */
export function replyContent({ text, media }: ReplyDto): ReplyContent {
  if (!media) {
    if (text === undefined || text === null) throw invalidField('text', 'textOrMedia');
    return { text };
  }
  if (text !== undefined && text !== null) throw invalidField('text', 'textOrMedia');
  const { kind } = media;
  const caption = media.caption || null;
  const fileName = media.fileName || null;
  const url = outgoingUrl(media.url);
  if (url?.protocol !== 'https:' || url.href.length > LONGEST_URL) throw invalidField('media.url', 'noHttpsAddress');
  if (kind === 'audio' && caption !== null) throw invalidField('media.caption', 'captionOfAudio');
  if (kind !== 'document' && fileName !== null) throw invalidField('media.fileName', 'documentsOnly');
  return { text: '', media: { kind, url: url.href, caption, fileName } };
}

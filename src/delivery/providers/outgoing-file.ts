import { type OutgoingMedia } from './message-provider.js';

/** The caption and the name of a file: a sound has no caption, and only a document a name. */
export function captionAndName({ kind, caption, fileName }: OutgoingMedia): { caption?: string; filename?: string } {
  return {
    ...(kind !== 'audio' && caption !== null && { caption: caption.toWellFormed() }),
    ...(kind === 'document' && fileName !== null && { filename: fileName.toWellFormed() }),
  };
}

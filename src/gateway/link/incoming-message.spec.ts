import { describe, expect, it } from '@jest/globals';
import { type WAMessage } from '@whiskeysockets/baileys';
import { readIncomingMessage } from './incoming-message.js';

const KEY = { remoteJid: '6281234567890@s.whatsapp.net', fromMe: false, id: 'A1' };

const received = (more: object): WAMessage => ({
  key: KEY,
  message: { conversation: 'halo' },
  pushName: 'Budi',
  messageTimestamp: 1_763_600_000,
  ...more,
});

describe('a message that came in', () => {
  it('is known by its sender, id and text', () => {
    expect(readIncomingMessage(received({}), null)).toEqual({
      provider: 'session',
      providerMessageId: 'A1',
      from: '+6281234567890',
      text: 'halo',
      kind: 'text',
      media: null,
      pushName: 'Budi',
      sentAt: new Date('2025-11-20T00:53:20Z'),
      fromMe: false,
      isGroup: false,
      quotedId: null,
      choice: null,
    });
  });

  it.each<[object, string, string | null]>([
    [{ extendedTextMessage: { text: 'panjang' } }, 'text', 'panjang'],
    [{ ephemeralMessage: { message: { conversation: 'sebentar' } } }, 'text', 'sebentar'],
    [{ documentWithCaptionMessage: { message: { documentMessage: { caption: 'hasil' } } } }, 'document', 'hasil'],
    [{ viewOnceMessageV2: { message: { imageMessage: { caption: 'sekali' } } } }, 'image', 'sekali'],
    [{ viewOnceMessageV2Extension: { message: { audioMessage: {} } } }, 'audio', null],
    [
      { ephemeralMessage: { message: { documentWithCaptionMessage: { message: { documentMessage: {} } } } } },
      'document',
      null,
    ],
    [{ buttonsResponseMessage: { selectedDisplayText: 'Ya' } }, 'reply', 'Ya'],
    [{ listResponseMessage: { title: 'Poli gigi' } }, 'reply', 'Poli gigi'],
    [{ imageMessage: { caption: 'foto' } }, 'image', 'foto'],
    [{ audioMessage: {} }, 'audio', null],
    [{ locationMessage: { degreesLatitude: 1 } }, 'location', null],
    [{ pollCreationMessage: {} }, 'other', null],
    [{ associatedChildMessage: { message: { imageMessage: { caption: 'satu' } } } }, 'image', 'satu'],
    [{ ptvMessage: {} }, 'video', null],
    [{ lottieStickerMessage: { message: { stickerMessage: {} } } }, 'sticker', null],
    [{ liveLocationMessage: { degreesLatitude: 1 } }, 'location', null],
    [{ contactsArrayMessage: { displayName: '2 kontak' } }, 'contact', '2 kontak'],
    [{ interactiveResponseMessage: { body: { text: 'agent' } } }, 'reply', 'agent'],
    [{ deviceSentMessage: { message: { conversation: 'dari HP' } } }, 'text', 'dari HP'],
    [{ botInvokeMessage: { message: { conversation: 'tanya' } } }, 'text', 'tanya'],
    [{ groupMentionedMessage: { message: { conversation: 'sebut' } } }, 'text', 'sebut'],
    [{ messageContextInfo: {}, senderKeyDistributionMessage: {}, conversation: 'halo' }, 'text', 'halo'],
  ])('%j is %s', (message, kind, text) => {
    expect(readIncomingMessage(received({ message }), null)).toMatchObject({ kind, text });
  });

  it('from behind a LID has the number that belongs to it', () => {
    const key = { ...KEY, remoteJid: '99001122@lid' };
    expect(
      readIncomingMessage(received({ key: { ...key, remoteJidAlt: '6281111111111@s.whatsapp.net' } }), null)?.from,
    ).toBe('+6281111111111');
    expect(readIncomingMessage(received({ key }), '+6281222222222')?.from).toBe('+6281222222222');
    // Without one it is kept under the LID, whose digits are not a number.
    expect(readIncomingMessage(received({ key }), null)?.from).toBe('id:99001122@lid');
  });

  it.each<[string, object]>([
    ['a group', { key: { ...KEY, remoteJid: '120363000@g.us' } }],
    ['a status', { key: { ...KEY, remoteJid: 'status@broadcast' } }],
    ['no id', { key: { ...KEY, id: undefined } }],
    ['no content', { message: null }],
    ['protocol', { message: { protocolMessage: {} } }],
    ['a reaction', { message: { reactionMessage: { text: '👍' } } }],
    ['what goes along with a message', { message: { messageContextInfo: {} } }],
    ['a key of a group', { message: { senderKeyDistributionMessage: {}, messageContextInfo: {} } }],
    ['a hidden reaction', { message: { encReactionMessage: {} } }],
    ['a vote', { message: { pollUpdateMessage: {} } }],
    ['a pin', { message: { pinInChatMessage: {} } }],
    ['what is to be kept', { message: { keepInChatMessage: {} } }],
    ['a call', { message: { callLogMesssage: {} } }],
    ['a correction', { message: { editedMessage: { message: { conversation: 'agent' } } } }],
    ['a hidden group', { key: { ...KEY, remoteJid: '120363000@g.us', remoteJidAlt: null } }],
    ['a reaction to what vanishes', { message: { ephemeralMessage: { message: { reactionMessage: {} } } } }],
  ])('leaves out: %s', (_, more) => {
    expect(readIncomingMessage(received(more), null)).toBeNull();
  });

  it('is bounded, whatever its sender wrote', () => {
    const heard = readIncomingMessage(
      received({ pushName: 'x'.repeat(500), message: { conversation: 'y'.repeat(99_999) } }),
      null,
    );
    expect([heard?.pushName?.length, heard?.text?.length]).toEqual([100, 65_536]);
  });
});

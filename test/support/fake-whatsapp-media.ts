import { createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getMediaKeys, type proto } from '@whiskeysockets/baileys';
import { MEDIA_CERTIFICATE } from './media-certificate.js';

/** A file as a recipient's phone gets it. */
export interface ReceivedFile {
  readonly bytes: Buffer;
  readonly mimetype: string | null | undefined;
  readonly fileName: string | null | undefined;
  readonly caption: string | null | undefined;
}

/** WhatsApp's servers for media: take what is uploaded with their ticket, and keep it as it came, encrypted. */
export class FakeMediaHost {
  readonly auth = randomBytes(12).toString('base64');
  /** Paths that something was uploaded to, in their order. */
  readonly uploads: string[] = [];
  /** Called before an upload is answered; a number refuses it with that status. */
  reply: (path: string) => number | Promise<number> = () => 200;

  private readonly server: Server;
  private readonly files = new Map<string, Buffer>();

  constructor() {
    const key = readFileSync(join(import.meta.dirname, 'fake-whatsapp-media.key.pem'));
    this.server = createServer({ key, cert: readFileSync(MEDIA_CERTIFICATE) }, (request, response) => {
      void (async () => {
        const url = new URL(request.url ?? '/', 'https://media');
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        this.uploads.push(url.pathname);
        const status = url.searchParams.get('auth') === this.auth ? await this.reply(url.pathname) : 401;
        if (status === 200) this.files.set(url.pathname, Buffer.concat(pieces));
        response.writeHead(status, { 'content-type': 'application/json' });
        const direct_path = url.pathname;
        response.end(
          status === 200 ? JSON.stringify({ url: `https://${this.host}${direct_path}`, direct_path }) : '{}',
        );
      })().catch(() => response.destroy());
    });
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The file of a message, fetched and decrypted as its recipient's phone does; every hash in it is checked. */
  async open(content: proto.IMessage): Promise<ReceivedFile> {
    const [kind, file] = fileOf(content);
    const kept = this.files.get(file.directPath ?? '');
    if (!kept) throw new Error('nothing is kept under this path');
    const { iv, cipherKey, macKey } = await getMediaKeys(file.mediaKey, kind);
    const sealed = kept.subarray(0, -10);
    const mac = createHmac('sha256', macKey!).update(iv).update(sealed).digest().subarray(0, 10);
    if (!mac.equals(kept.subarray(-10))) throw new Error('somebody has changed the file');
    expectHash(kept, file.fileEncSha256);
    const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
    const bytes = Buffer.concat([decipher.update(sealed), decipher.final()]);
    expectHash(bytes, file.fileSha256);
    if (Number(file.fileLength) !== bytes.length) throw new Error('its length is another');
    const { mimetype, fileName, caption } = file;
    return { bytes, mimetype, fileName, caption };
  }
}

type AnyFile = proto.Message.IImageMessage & proto.Message.IDocumentMessage;

function fileOf(content: proto.IMessage): ['image' | 'video' | 'audio' | 'document', AnyFile] {
  for (const kind of ['image', 'video', 'audio', 'document'] as const) {
    const file = content[`${kind}Message`];
    if (file) return [kind, file];
  }
  throw new Error('a message without a file');
}

function expectHash(bytes: Buffer, expected: Uint8Array | null | undefined): void {
  const is = createHash('sha256').update(bytes).digest();
  if (!expected || !is.equals(Buffer.from(expected))) throw new Error('a hash is another');
}

import { randomBytes } from 'node:crypto';

// Small files whose first bytes say what they are; what follows is noise.

const noise = (size: number) => randomBytes(size);

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const jpeg = (size = 2_000) => Buffer.concat([Buffer.from('ffd8ffe000104a46494600010100', 'hex'), noise(size)]);

export const mp4 = (size = 5_000) =>
  Buffer.concat([Buffer.from('00000018', 'hex'), Buffer.from('ftypisom\0\0\u0002\0isommp41', 'latin1'), noise(size)]);

export const pdf = (size = 3_000) => Buffer.concat([Buffer.from('%PDF-1.7\n'), noise(size), Buffer.from('\n%%EOF\n')]);

export const mp3 = (size = 1_000) =>
  Buffer.concat([Buffer.from('ID3'), Buffer.from([3, 0, 0, 0, 0, 0, 0, 0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(size)]);

/** A voice note of so many seconds, by what its last page says. */
export function voice(seconds: number): Buffer {
  const page = (granule: number, body: Buffer) => {
    const header = Buffer.alloc(28);
    header.write('OggS');
    header.writeBigUInt64LE(BigInt(granule), 6);
    header[26] = 1;
    header[27] = body.length;
    return Buffer.concat([header, body]);
  };
  const head = Buffer.alloc(19);
  head.write('OpusHead');
  head[8] = 1;
  head.writeUInt16LE(312, 10);
  return Buffer.concat([
    page(0, head),
    page(24_000, Buffer.alloc(100)),
    page(312 + seconds * 48_000, Buffer.alloc(100)),
  ]);
}

import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type BuiltFile } from './built-files.js';

/**
 * Answers with a built file: packed where the browser takes it, 304 where it has it already (RFC 9110 sections 12.5.3
 * and 13.1.2).
 *
 * @param cacheControl how long it may be kept without asking
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: BuiltFile, cacheControl: string): void {
  const accepted = acceptedEncodings(request.headers['accept-encoding']);
  const encoding = [...file.packed.keys()].find((name) => accepted.has(name));
  const etag = `"${file.etag}${encoding === undefined ? '' : `-${encoding}`}"`;
  void reply.header('cache-control', cacheControl).header('etag', etag).header('vary', 'origin, accept-encoding');
  if (namesTag(request.headers['if-none-match'], etag)) return void reply.code(304).send();
  if (encoding !== undefined) void reply.header('content-encoding', encoding);
  void reply.type(file.type).send((encoding === undefined ? undefined : file.packed.get(encoding)) ?? file.body);
}

/** Encodings that are named and not refused with `q=0`; `*` is not worth packing for. */
function acceptedEncodings(header: string | string[] | undefined): Set<string> {
  const ranges = String(header ?? '')
    .slice(0, 200)
    .toLowerCase()
    .split(',')
    .map((range) => range.trim());
  const wanted = ranges.filter((range) => !/;\s*q=0(\.0{0,3})?\s*$/.test(range));
  return new Set(wanted.map((range) => range.split(';', 1)[0]?.trim() ?? ''));
}

/** Proxies weaken tags: `W/"x"` names the same file as `"x"` here. */
function namesTag(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

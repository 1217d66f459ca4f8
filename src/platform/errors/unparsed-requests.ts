import { type Socket } from 'node:net';
import { type Language } from '../config/languages.js';
import { TEXTS } from '../texts/texts.js';
import { CATALOGUE, type ErrorCode } from './catalogue.js';

/** What Node's HTTP parser says of input that never becomes a request; anything else is malformed. */
const BY_PARSER_CODE: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

/**
 * Answers, in the shape of every failure, bytes that are no HTTP request; nothing of them is echoed. There is no
 * request yet, so there is no language to negotiate and no request id.
 */
export function answerUnparsed(language: Language) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    answerBare(BY_PARSER_CODE[error.code ?? ''] ?? 'malformed_request', language, socket);
  };
}

/** Writes a failure, in the shape of every failure, to a connection without a response of Node's, and ends it. */
export function answerBare(code: ErrorCode, language: Language, socket: Socket): void {
  const status = CATALOGUE[code];
  const body = JSON.stringify({ success: false, message: TEXTS[language].errors[code], code });
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

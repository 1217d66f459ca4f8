import { describe, expect, it } from '@jest/globals';
import { masked, unknownRoute } from './logger.js';

describe('masked', () => {
  it.each([
    ['no route to /users/+6281234567890', 'no route to /users/[digits]'],
    ['0812-3456-7890 and 0812 3456 7890', '[digits] and [digits]'],
    ['code 123456', 'code [digits]'],
    ['device 59087f966f4f8cc3385569ef6481cc29', 'device [id]'],
    ['device 8b0f2a3c-1111-4222-8333-444455556666', 'device [id]'],
    ['Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'Bearer [id]'],
    ['nothing at /keys/msk_-AJh3_7kq2vbN1cZx0pL9sD8fG7hJ6kQ5wE4rT3yU2i', 'nothing at /keys/[id]'],
    ['GET https://user:geheim@a.example/hook?token=geheim failed', 'GET https://…@a.example/hook?token=… failed'],
    ['Cannot GET /hook?token=geheim&b=x', 'Cannot GET /hook?token=…&b=…'],
    ['listening on port 5000', 'listening on port 5000'],
  ])('%s', (text, expected) => {
    expect(masked(text)).toBe(expected);
  });
});

describe('unknownRoute', () => {
  it.each([
    ['/api/users/+6281234567890?token=x', '/api/users/[digits]'],
    ['/webhook/whacenter/secret/', '/webhook/…'],
    ['//Webhook/whacenter/secret?x', '//Webhook/…'],
    ['/webhooks', '/webhook/…'],
    ['/api/webhook', '/api/webhook'],
    ['/api/auth/refresh/dSgKcYHTjN8OKlhFYkyZ0zUGzPpxq1SDDT6fUbd0YJA', '/api/auth/refresh/[long]'],
    ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
    [`/${'x'.repeat(300)}`, '/[long]'],
    ['/x'.repeat(300), '/x'.repeat(100)],
  ])('%s', (url, expected) => {
    expect(unknownRoute(url)).toBe(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import { TrustedProxies, addressKey, readAddress } from './client-address.js';

describe('addressKey', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:40001', '203.0.113.7'],
    ['[2001:db8:1:2::3]:443', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['aaaa'.repeat(50), 'unknown'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s under %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('gives the addresses of one /64 one key, and its neighbour another', () => {
    expect(addressKey('2001:db8:1:2::1')).toBe(addressKey('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(addressKey('2001:db8:1:2::1')).not.toBe(addressKey('2001:db8:1:3::1'));
  });
});

describe('readAddress', () => {
  it.each([
    ['203.0.113.3:40001', '203.0.113.3'],
    [' 203.0.113.3 ', '203.0.113.3'],
    ['"203.0.113.3:40001"', '203.0.113.3'],
    ['203.0.113.3:_app-1', '203.0.113.3'],
    ['[203.0.113.3]:1', '203.0.113.3'],
    ['::ffff:203.0.113.3:40001', '203.0.113.3'],
    ['[::ffff:203.0.113.3]:40001', '203.0.113.3'],
    ['[2001:DB8:1::1]:443', '2001:db8:1::1'],
    ['"[2001:db8:1::1]"', '2001:db8:1::1'],
    ['2001:db8:1:2:3:4:5:6:443', '2001:db8:1:2:3:4:5:6'],
    ['2001:db8::1:443', '2001:db8::1:443'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('reads %j as %s', (text, address) => expect(readAddress(text)).toBe(address));

  it.each([
    '',
    'unknown',
    '_hidden',
    'localhost',
    '203.0.113',
    '203.0.113.3:',
    '203.0.113.3:123456',
    '203.0.113.3:1:2',
    '010.0.0.1',
    '0x7f.0.0.1',
    '[2001:db8::1',
    '203.0.113.3, 192.0.2.1',
    '203.0.113.3/24',
  ])('does not take %j for an address', (text) => expect(readAddress(text)).toBeNull());
});

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['10.1.0.0/16', '::ffff:192.0.2.0/120', '2001:db8::1', '::ffff:198.51.100.7']);

  it.each(['10.1.255.255', '::ffff:10.1.2.3', '::ffff:a01:203', '192.0.2.200', '2001:db8::1', '198.51.100.7'])(
    'has %s',
    (address) => expect(proxies.has(address)).toBe(true),
  );

  it.each([undefined, '', 'unknown', '10.2.0.1', '::ffff:10.2.0.1', '192.0.3.1', '2001:db8::2', '198.51.100.8'])(
    'has not %p',
    (address) => expect(proxies.has(address)).toBe(false),
  );
});

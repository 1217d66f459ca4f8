import { describe, expect, it } from '@jest/globals';
import { readDatabaseAddress } from './database-address.js';
import { forgetDriverVariables } from './database-url.js';

const ADDRESS = 'postgresql://masuk:p%40ss@db.example:5433/masuk';
const read = (parameters: string) => readDatabaseAddress('DATABASE_URL', `${ADDRESS}?${parameters}`);

describe('sslmode', () => {
  it.each([
    ['', 'disable'],
    ['sslmode=disable', 'disable'],
    ['sslmode=allow', 'prefer'],
    ['sslmode=prefer', 'prefer'],
    ['sslmode=require', 'verify-full'],
    ['sslmode=require&sslrootcert=/etc/ca.pem', 'verify-ca'],
    ['sslmode=require&uselibpqcompat=true', 'no-verify'],
    ['sslmode=verify-ca', 'verify-full'],
    ['sslmode=verify-ca&sslrootcert=/etc/ca.pem', 'verify-ca'],
    ['sslmode=verify-full', 'verify-full'],
    ['sslmode=verify-full&sslrootcert=/etc/ca.pem', 'verify-full'],
    ['sslmode=require&sslrootcert=system', 'verify-full'],
    ['sslmode=no-verify', 'no-verify'],
    ['ssl=true', 'verify-full'],
    ['ssl=0', 'disable'],
    ['ssl=no-verify', 'no-verify'],
    ['sslrootcert=/etc/ca.pem', 'verify-full'],
  ])('%s means %s', (parameters, tls) => {
    expect(read(parameters).tls).toBe(tls);
  });

  it('and its files are taken out of the address, the rest of which stays', () => {
    const address = read(
      'sslmode=verify-full&sslrootcert=/etc/ca.pem&sslcert=/etc/c.pem&sslkey=/etc/k.pem&application_name=x',
    );
    expect(address).toMatchObject({ authorities: '/etc/ca.pem', certificate: '/etc/c.pem', key: '/etc/k.pem' });
    expect(address.url).toBe(`${ADDRESS}?application_name=x`);
    expect(read('sslmode=no-verify').url).toBe(ADDRESS);
  });
});

describe('an address', () => {
  it.each([
    [ADDRESS, 'db.example:5433'],
    ['postgresql://db/masuk', 'db:5432'],
    ['postgresql://u@[::1]/masuk', '::1:5432'],
    ['postgresql:///masuk?host=/run/postgresql', '/run/postgresql'],
    ['postgresql://u@%2Frun%2Fpostgresql/masuk', '/run/postgresql'],
  ])('%s leads to %s', (text, where) => {
    expect(readDatabaseAddress('DATABASE_URL', text)).toMatchObject({ where, url: text });
  });

  it.each([
    'schema=public',
    'pgbouncer=true&connection_limit=1&pool_timeout=0',
    'sslmode=require&channel_binding=require',
    'target_session_attrs=read-write',
    'options=endpoint%3Dep-cool-name',
    'sslmode=require&sslnegotiation=direct',
  ])('may have the parameters %s', (parameters) => {
    expect(() => read(parameters)).not.toThrow();
  });

  it.each([
    ['schema=masuk', /DATABASE_URL .*parameter schema .*schema public/],
    ['sslmode=encrypt-please', /parameter sslmode .*one of disable, .*verify-full/],
    ['sslaccept=accept_invalid_certs', /parameter sslaccept, which Masuk does not know/],
    ['sslcrl=/etc/crl.pem', /parameter sslcrl/],
    ['target_session_attrs=standby', /parameter target_session_attrs/],
    ['options=-csearch_path%3Dmasuk', /parameter options /],
    ['options=--search_path%3Dmasuk', /parameter options /],
    ['gssencmode=require', /parameter gssencmode/],
    ['client_encoding=latin1', /parameter client_encoding/],
    ['sslnegotiation=direct', /sslmode must be require/],
    ['statement_timeout=1', /parameter statement_timeout/],
    ['currentSchema=masuk', /DATABASE_URL has a parameter that Masuk does not know/],
  ])('is refused with %s, by name', (parameters, sentence) => {
    expect(() => read(parameters)).toThrow(sentence);
  });

  it('does not show what may be half of a password', () => {
    const cut = () => readDatabaseAddress('DATABASE_URL', 'postgresql://masuk:12?hunter2@db/masuk');
    expect(cut).toThrow('DATABASE_URL has a parameter that Masuk does not know');
    expect(cut).not.toThrow(/hunter2/);
  });
});

it('forgets the variables of libpq, and no others', () => {
  const env = { PGHOST: 'a', PGOPTIONS: '-c search_path=x', PGSSLMODE: 'disable', PATH: '/bin', DATABASE_URL: 'b' };
  forgetDriverVariables(env);
  expect(env).toEqual({ PATH: '/bin', DATABASE_URL: 'b' });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { printStartupBanner } from '../../src/startup-banner.js';
import { settingsFrom } from '../../src/settings.js';

/** What stands at the terminal after a start with these variables. */
function said(variables: Record<string, string>): string {
  const written: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  printStartupBanner(settingsFrom(variables), { address: '127.0.0.1', family: 'IPv4', port: 5000 }, []);
  return written.join('');
}

afterEach(() => {
  jest.restoreAllMocks();
});

const WHACENTER = { WHATSAPP_DEVICE_ID: 'a-device-of-a-spec' };

describe('what is said at the start', () => {
  it('leads to the developer inbox where codes are', () => {
    const text = said({ WHATSAPP_PROVIDERS: 'console' });
    expect(text).toContain('Codes are read at    http://localhost:5000/dev/inbox   (no WhatsApp device is configured)');
    expect(text).toContain('curl http://localhost:5000/dev/inbox');
  });

  it('names the pages that people open', () => {
    const text = said({});
    expect(text).toContain('  Login page           http://localhost:5000/login\n');
    expect(text).toContain('  Admin console        http://localhost:5000/admin\n');
  });

  it('does not lead to the developer inbox where codes go to phones', () => {
    const text = said({ WHATSAPP_PROVIDERS: 'whacenter', ...WHACENTER });
    expect(text).toContain('Codes are sent by    whacenter');
    expect(text).toContain('"otpCode":"THE CODE"');
    expect(text).not.toContain('inbox');
  });

  it('says that the developer inbox has what no provider took, where it is one of several', () => {
    const text = said({ WHATSAPP_PROVIDERS: 'whacenter,console', ...WHACENTER });
    expect(text).toContain('Codes are sent by    whacenter');
    expect(text).toContain('what that does not take is at http://localhost:5000/dev/inbox');
    expect(text).not.toContain('no WhatsApp device is configured');
  });

  it.each<[string, Record<string, string>]>([
    ['HOST', { HOST: '0.0.0.0', EXPOSE_DEVELOPMENT: 'on' }],
    ['TRUST_PROXY', { TRUST_PROXY: '127.0.0.1' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://masuk.example.org' }],
  ])('warns that others may come and log in, for %s', (name, variables) => {
    expect(said(variables)).toMatch(
      new RegExp(`!!! NOT FOR REAL PEOPLE: ${name} .*SEED_DEMO.*WHATSAPP_PROVIDERS.*OTP_ECHO`),
    );
    expect(said({})).not.toContain('NOT FOR REAL PEOPLE');
    expect(
      said({ ...variables, ...WHACENTER, SEED_DEMO: 'none', OTP_ECHO: 'off', EXPOSE_DEVELOPMENT: '' }),
    ).not.toContain('NOT FOR REAL PEOPLE');
  });
});

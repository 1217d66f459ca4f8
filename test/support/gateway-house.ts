import { AuthSecret } from '../../src/platform/secrets/auth-secret.js';
import { startFakeWhatsApp, type FakeWhatsApp } from './fake-whatsapp.js';
import { MEDIA_CERTIFICATE } from './media-certificate.js';
import { type Answer, type Service, type ServiceProcess } from './service.js';
import { until } from './waits.js';
import { AUTH_SECRET, openHouse, type House, type HouseOptions, type Settings } from './house.js';

type Headers = Record<string, string>;

/** What specs of linked accounts need besides. */
interface Linking {
  readonly whatsapp: FakeWhatsApp;
  /** The seeded admin's token. */
  readonly admin: Headers;
  /** A new API key. */
  key(...scopes: string[]): Promise<Headers>;
  /** What the QR code says that a linked account shows now. No camera looks at the picture: it is opened as the service does. */
  qrOf(name: string): Promise<string>;
  /** Makes a linked account, scans its QR code with this phone, and waits until it is connected. */
  link(name: string, phone: string, headers?: Headers, owner?: { name?: string }): Promise<void>;
  /** Waits until a linked account says this of itself. */
  becomes(name: string, status: string, patience?: number, service?: Service): Promise<Answer>;
  /** Uploads a file to the route of its kind. */
  upload(
    name: string,
    kind: string,
    fields: Record<string, string>,
    file: { bytes: Buffer; name: string; field?: string },
    headers?: Headers,
    service?: Service,
  ): Promise<Answer>;
  text(name: string, to: string, text: string, headers?: Headers, service?: Service): Promise<Answer>;
}

/** A house whose services link accounts of a fake WhatsApp. */
export type GatewayHouse<Kind extends Service = Service> = House<Kind> & Linking;

const secret = new AuthSecret(AUTH_SECRET);

/** The demo's accounts, no provider of messages, no pauses between what a linked account sends. */
const LINKING: Settings = {
  SEED_DEMO: '',
  WHATSAPP_DEVICE_ID: '',
  WHACENTER_BASE_URL: '',
  GATEWAY_PAUSE_MS: '0',
  GATEWAY_JITTER_MS: '0',
  GATEWAY_NEW_CONTACTS_PER_DAY: '0',
  GATEWAY_KEYLESS_LOOPBACK: 'off',
  NODE_EXTRA_CA_CERTS: MEDIA_CERTIFICATE,
};

/**
 * Opens a house whose gateway speaks to a fake WhatsApp. The caller closes it.
 *
 * @param settings over those that all specs of the gateway share
 */
export async function openGatewayHouse(
  settings: Settings,
  options: HouseOptions & { ownProcess: true },
): Promise<GatewayHouse<ServiceProcess>>;
export async function openGatewayHouse(settings?: Settings, options?: HouseOptions): Promise<GatewayHouse>;
export async function openGatewayHouse(settings: Settings = {}, options: HouseOptions = {}): Promise<GatewayHouse> {
  const whatsapp = await startFakeWhatsApp();
  // What a failed start leaves open would keep the run from ending.
  const opened = await openHouse({ ...LINKING, GATEWAY_WHATSAPP_URL: whatsapp.url, ...settings }, options).catch(
    async (error: unknown) => {
      await whatsapp.close();
      throw error;
    },
  );
  const login = await opened.service.post('/api/auth/login', { identifier: 'admin', password: 'password123' });
  const admin = { authorization: `Bearer ${login.body.data.token}` };
  const close = opened.close.bind(opened);
  return Object.assign(opened, linkingOf(opened, whatsapp, admin), {
    close: async () => {
      await close();
      await whatsapp.close();
    },
  });
}

function linkingOf({ service, database }: House, whatsapp: FakeWhatsApp, admin: Headers): Linking {
  const linking: Linking = {
    whatsapp,
    admin,
    key: async (...scopes) => {
      const answer = await service.post('/api/api-keys', { name: scopes.join(' '), scopes }, admin);
      if (answer.status !== 201) throw new Error(answer.text);
      return { 'x-api-key': answer.body.data.key };
    },
    qrOf: async (name) => {
      let text = '';
      await until(`${name} shows a QR code`, async () => {
        const [row] = await database.query<{ id: string; sealed_qr: Buffer | null }>(
          'SELECT id, sealed_qr FROM gateway_sessions WHERE name = $1',
          [name],
        );
        if (row?.sealed_qr) text = secret.open('gateway-session', row.sealed_qr, `${row.id} qr`).toString();
        return text !== '';
      });
      return text;
    },
    link: async (name, phone, headers = admin, owner = {}) => {
      const made = await service.post('/api/sessions/create', { sessionId: name }, headers);
      if (made.status !== 201) throw new Error(made.text);
      await whatsapp.scan(await linking.qrOf(name), { phone, ...owner });
      await linking.becomes(name, 'connected');
    },
    becomes: async (name, status, patience = 60_000, at = service) => {
      let last: Answer | undefined;
      await until(
        `${name} becomes ${status}`,
        async () => {
          last = await at.get(`/api/sessions/${name}/status`, admin);
          return last.body?.data?.status === status;
        },
        patience,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${last?.text}\n${at.output().split('\n').slice(-30).join('\n')}`);
      });
      return last!;
    },
    upload: async (name, kind, fields, file, headers = admin, at = service) => {
      const form = new FormData();
      for (const [field, value] of Object.entries(fields)) form.append(field, value);
      form.append(file.field ?? kind, new Blob([new Uint8Array(file.bytes)]), file.name);
      const response = await fetch(`${at.url}/api/messages/${name}/${kind}`, { method: 'POST', headers, body: form });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as unknown };
    },
    text: (name, to, text, headers = admin, at = service) =>
      at.post(`/api/messages/${name}/text`, { to, text }, headers),
  };
  return linking;
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';

/** What a pooler does with named statements: PgBouncer before 1.21 forgets them, later ones prepare them anew. */
export type NamedStatements = 'forgets' | 'keeps';

/** A pooler in transaction mode, as PgBouncer is one: whoever begins a transaction gets any server connection that idles. */
export interface FakePooler {
  readonly url: string;
  close(): Promise<void>;
}

/** A connection to the server, and the named statements that are prepared on it. */
interface ServerSide {
  readonly socket: Socket;
  readonly prepared: Set<string>;
  /** Whom its answers go to now. */
  onMessage: (message: Buffer) => void;
}

const SSL_REQUEST = 80_877_103;
const KNOWN_PARAMETERS = ['user', 'database', 'application_name', 'client_encoding'];

/** Cuts a stream of protocol messages (PostgreSQL manual, 54.7: a letter, a length, the rest) into single ones. */
function messages(handle: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      handle(message);
    }
  };
}

function message(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const letter = (bytes: Buffer) => String.fromCharCode(bytes[0] ?? 0);
const textAt = (bytes: Buffer, at: number) => bytes.subarray(at, bytes.indexOf(0, at)).toString();

/** Starts one in front of the database at this address. */
export async function startFakePooler(databaseUrl: string, statements: NamedStatements): Promise<FakePooler> {
  const idle: ServerSide[] = [];
  const sockets = new Set<Socket>();

  const newServerSide = async (): Promise<ServerSide> => {
    // The driver logs in; then its connection is ours.
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection;
    socket.removeAllListeners('data');
    sockets.add(socket);
    const side: ServerSide = { socket, prepared: new Set(), onMessage: () => undefined };
    socket.on(
      'data',
      messages((each) => side.onMessage(each)),
    );
    return side;
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    new ClientSide(socket, statements, {
      take: async () => idle.pop() ?? (await newServerSide()),
      giveBack: (side) => idle.push(side),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Pool {
  take(): Promise<ServerSide>;
  giveBack(side: ServerSide): void;
}

class ClientSide {
  private side: ServerSide | undefined;
  private readonly waiting: Buffer[] = [];
  private isTaking = false;
  /** Rounds that the server has still to end. */
  private open = 0;
  /** Answers to statements that the pooler prepared by itself. */
  private swallow = 0;
  private readonly texts = new Map<string, Buffer>();

  constructor(
    private readonly socket: Socket,
    private readonly statements: NamedStatements,
    private readonly pool: Pool,
  ) {
    socket.once('data', (first) => this.start(first));
    socket.on('close', () => {
      // What was open is undone, and the server connection lives on, with all that its session holds.
      if (this.side && this.open === 0) this.side.socket.write(message('Q', 'ROLLBACK'));
      if (this.side) this.side.onMessage = () => undefined;
    });
  }

  private start(first: Buffer): void {
    if (first.readInt32BE(4) === SSL_REQUEST) {
      this.socket.write('N');
      this.socket.once('data', (next) => this.start(next));
      return;
    }
    const fields = first.subarray(8).toString().split('\0');
    const unknown = fields.find((field, at) => at % 2 === 0 && field !== '' && !KNOWN_PARAMETERS.includes(field));
    if (unknown !== undefined) {
      const text = [`SFATAL`, `C08P01`, `Munsupported startup parameter: ${unknown}`, ''];
      this.socket.end(message('E', ...text));
      return;
    }
    const ok = Buffer.alloc(4);
    this.socket.write(Buffer.concat([message('R', ok), message('K', randomBytes(8)), message('Z', Buffer.from('I'))]));
    this.socket.on(
      'data',
      messages((each) => this.fromClient(each)),
    );
  }

  private fromClient(each: Buffer): void {
    if (letter(each) === 'X') return;
    this.waiting.push(each);
    void this.forward();
  }

  private async forward(): Promise<void> {
    if (!this.side) {
      if (this.isTaking) return;
      this.isTaking = true;
      const side = await this.pool.take();
      this.isTaking = false;
      side.onMessage = (each) => this.fromServer(each);
      this.side = side;
    }
    for (let each = this.waiting.shift(); each; each = this.waiting.shift()) this.toServer(this.side, each);
  }

  private toServer(side: ServerSide, each: Buffer): void {
    const type = letter(each);
    if (type === 'Q' || type === 'S') this.open += 1;
    if (this.statements === 'keeps' && type === 'P' && textAt(each, 5) !== '') {
      const name = textAt(each, 5);
      this.texts.set(name, each);
      if (side.prepared.has(name)) {
        this.socket.write(message('1'));
        return;
      }
      side.prepared.add(name);
    }
    if (this.statements === 'keeps' && type === 'B') this.prepareFor(side, each);
    side.socket.write(each);
  }

  private prepareFor(side: ServerSide, bind: Buffer): void {
    const portalEnd = bind.indexOf(0, 5) + 1;
    const name = textAt(bind, portalEnd);
    const text = this.texts.get(name);
    if (name === '' || side.prepared.has(name) || !text) return;
    side.prepared.add(name);
    this.swallow += 1;
    side.socket.write(text);
  }

  private fromServer(each: Buffer): void {
    const type = letter(each);
    if (type === '1' && this.swallow > 0) {
      this.swallow -= 1;
      return;
    }
    if (type === 'Z') this.open -= 1;
    // Given back before the client hears of the end, so that whoever asks next finds it.
    if (type === 'Z' && this.open === 0 && each[5] === 'I'.charCodeAt(0) && this.side) {
      this.pool.giveBack(this.side);
      this.side = undefined;
    }
    this.socket.write(each);
  }
}

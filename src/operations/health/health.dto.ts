export class DbConnectAnswerDto {
  /** @example postgresql */
  database!: string;
  /** @example connected */
  status!: string;
}

export class LiveAnswerDto {
  /** @example ok */
  status!: string;
}

export class ReadyAnswerDto {
  success!: boolean;
  /** `unavailable`: because of the database. `stopping`: this instance is about to end; others answer. */
  status!: 'ok' | 'unavailable' | 'stopping';
  /** `read-only`: it answers but does not accept writes, so nobody can log in. */
  database!: 'connected' | 'read-only' | 'disconnected';
}

export class HealthAnswerDto extends ReadyAnswerDto {
  /** Whether a WhatsApp device is connected; the service is ready without one. */
  whatsapp!: 'connected' | 'disconnected';
}

export class SessionHealthDto {
  /** The id that was chosen when the linked account was created. */
  sessionId!: string;
  status!: 'connecting' | 'qr' | 'connected' | 'disconnected' | 'logged_out';
  /** ISO 8601 in UTC. */
  lastConnectedAt!: string | null;
}

export class SessionsHealthAnswerDto {
  success!: true;
  /** `degraded`: not all linked accounts are connected. */
  status!: 'ok' | 'degraded';
  total!: number;
  connected!: number;
  data!: SessionHealthDto[];
}

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
  /** @example ok */
  status!: string;
  database!: 'connected' | 'disconnected';
}

export class HealthAnswerDto extends ReadyAnswerDto {
  /** Whether a WhatsApp device is connected; the service is ready without one. */
  whatsapp!: 'connected' | 'disconnected';
}

import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import { PageByIdDto } from '../../platform/http/validation/page.dto.js';
import { IsInstant } from '../../platform/http/validation/query-fields.js';
import { WEBHOOK_EVENTS, type WebhookEvent } from './webhook-events.js';

export class CreateWebhookDto {
  /**
   * http or https, to a public address; production accepts https only.
   * @example https://app.example.id/webhooks/masuk
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  @Matches(/^[\x21-\x7e]+$/)
  url!: string;

  /** Events to subscribe to; all by default. */
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENTS, { each: true })
  events?: WebhookEvent[];
}

export class DeliveryPageDto extends PageByIdDto {
  @IsOptional()
  @IsIn(['pending', 'delivered', 'failed'])
  status?: 'pending' | 'delivered' | 'failed';
}

export class ReplayDto {
  /** This delivery, whatever its status; by default all failed ones. */
  @IsOptional()
  @IsUUID()
  deliveryId?: string;

  /** Only failed deliveries since this time; ISO 8601 with its offset. */
  @IsOptional()
  @IsInstant()
  since?: string;
}

export class WebhookDto {
  id!: string;
  url!: string;
  events!: WebhookEvent[];
  /** `disabled`: nothing is delivered until a replay switches it on again. */
  status!: 'active' | 'failing' | 'disabled';
  /** `failures`: three days without a success; `gone`: the receiver answered 410. */
  disabledFor!: 'failures' | 'gone' | null;
  createdAt!: string;
  lastSuccessAt!: string | null;
  /** When the current series of failures began. */
  failingSince!: string | null;
  disabledAt!: string | null;
}

export class CreatedWebhookDto extends WebhookDto {
  /**
   * The secret that deliveries are signed with (Standard Webhooks); it is shown only once.
   * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDYSAl9SNDgm4=
   */
  secret!: string;
}

export class CreatedWebhookAnswerDto {
  success!: true;
  message!: string;
  data!: CreatedWebhookDto;
}

export class WebhooksAnswerDto {
  success!: true;
  message!: string;
  data!: WebhookDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}

export class WebhookGoneAnswerDto {
  success!: true;
  message!: string;
}

export class ReplayedDto {
  /** How many deliveries will be made again. */
  queued!: number;
}

export class ReplayedAnswerDto {
  success!: true;
  message!: string;
  data!: ReplayedDto;
}

export class DeliveryDto {
  /** `webhook-id` of the delivery. */
  id!: string;
  event!: string;
  status!: 'pending' | 'delivered' | 'failed';
  attempts!: number;
  nextAttemptAt!: string | null;
  /** HTTP status of the last answer. */
  lastStatus!: number | null;
  /** Why the last attempt failed. */
  lastError!: string | null;
  createdAt!: string;
  deliveredAt!: string | null;
}

export class DeliveriesAnswerDto {
  success!: true;
  message!: string;
  data!: DeliveryDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}

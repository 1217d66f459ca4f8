import { AccountSettings } from './groups/accounts.js';
import { BotSettings } from './groups/bot.js';
import { CodeSettings } from './groups/codes.js';
import { DatabaseSettings } from './groups/database.js';
import { DeliverySettings } from './groups/delivery.js';
import { GatewaySettings } from './groups/gateway.js';
import { LimitSettings } from './groups/limits.js';
import { ModeSettings } from './groups/mode.js';
import { NameSettings } from './groups/names.js';
import { OutgoingSettings } from './groups/outgoing.js';
import { PasswordSettings } from './groups/passwords.js';
import { RegionSettings } from './groups/region.js';
import { ReplacedSettings } from './groups/replaced.js';
import { RetentionSettings } from './groups/retention.js';
import { SecretSettings } from './groups/secrets.js';
import { ServerSettings } from './groups/server.js';
import { SessionSettings } from './groups/sessions.js';
import { TestPhoneSettings } from './groups/test-phones.js';
import { TokenSettings } from './groups/tokens.js';
import { type SettingsInForce } from './in-force.js';
import { type Group, type SettingsOf } from './rows/group.js';
import { type UnknownVariable } from './variables/unknown-variables.js';

/** The groups of this room, in the order of the documentation. Rooms above declare more: `src/settings.ts`. */
export const GROUPS: readonly Group[] = [
  ModeSettings,
  ServerSettings,
  DatabaseSettings,
  NameSettings,
  RegionSettings,
  AccountSettings,
  PasswordSettings,
  SecretSettings,
  TokenSettings,
  SessionSettings,
  CodeSettings,
  LimitSettings,
  TestPhoneSettings,
  RetentionSettings,
  BotSettings,
  DeliverySettings,
  GatewaySettings,
  OutgoingSettings,
  ReplacedSettings,
];

/**
 * What the service runs with, for what puts it together: the fields of all groups of this room, and every group by its
 * class. Rooms are given the groups that they name. Frozen; durations are in seconds unless the name says otherwise.
 * Secrets are here and nowhere else; this object is never logged.
 */
export interface Settings
  extends
    ModeSettings,
    ServerSettings,
    DatabaseSettings,
    NameSettings,
    RegionSettings,
    AccountSettings,
    PasswordSettings,
    SecretSettings,
    TokenSettings,
    SessionSettings,
    CodeSettings,
    LimitSettings,
    TestPhoneSettings,
    RetentionSettings,
    BotSettings,
    DeliverySettings,
    GatewaySettings,
    OutgoingSettings,
    ReplacedSettings {
  /** The groups, those of other rooms included, each under its class. */
  readonly groups: ReadonlyMap<Group, object>;
  /** @throws Error for a group that was not declared */
  readonly of: SettingsOf;
  /** Every variable, what counts for it, and why; secrets masked. */
  readonly inForce: SettingsInForce;
  /** Variables that are set and read by nothing, although somebody meant them. */
  readonly unknownVariables: readonly UnknownVariable[];
}

import type { Viewer } from '../kit/console-page.js';

type Role = Viewer['role'];

/** A page of the console. */
export interface Route {
  /** Groups become `place.parts`. */
  readonly pattern: RegExp;
  /** The page's element. */
  readonly tag: string;
  readonly load: () => Promise<unknown>;
  /** The entry of the navigation that it belongs to. */
  readonly nav: NavName | null;
}

export type NavName =
  'overview' | 'conversations' | 'devices' | 'people' | 'logs' | 'keys' | 'webhooks' | 'applications' | 'settings';

/** What the navigation shows, in its order. */
export const NAVIGATION: readonly { name: NavName; href: string; icon: string }[] = [
  { name: 'overview', href: '/admin/overview', icon: 'chart-bar' },
  { name: 'conversations', href: '/admin/conversations', icon: 'chat-bubble-left-right' },
  { name: 'devices', href: '/admin/devices', icon: 'device-phone-mobile' },
  { name: 'people', href: '/admin/people', icon: 'users' },
  { name: 'logs', href: '/admin/logs/audit', icon: 'queue-list' },
  { name: 'keys', href: '/admin/keys', icon: 'key' },
  { name: 'webhooks', href: '/admin/webhooks', icon: 'bolt' },
  { name: 'applications', href: '/admin/applications', icon: 'squares-2x2' },
  { name: 'settings', href: '/admin/settings', icon: 'cog-6-tooth' },
];

/** Roles whose routes the pages here ask; the service decides. */
const READERS: readonly Role[] = ['ADMIN', 'SUPERVISOR'];

/** Who may see anything here. */
export const mayEnter = (role: Role): boolean => READERS.includes(role) || role === 'OPERATOR';

/** An OPERATOR has conversations, and nothing else; own second factors are everybody's who may enter. */
export const mayRead = (role: Role, nav: NavName | null): boolean =>
  READERS.includes(role) || nav === 'conversations' || nav === null;

/** The page of one's own second factors. */
export const SECURITY = '/admin/security';

/** Whether a SUPERVISOR sees this page without changing anything there. */
export const isReadOnly = (role: Role, route: Route | null): boolean =>
  role === 'SUPERVISOR' && route !== null && route.nav !== 'conversations' && route.nav !== null;

export const homeOf = (role: Role): string => (role === 'OPERATOR' ? '/admin/conversations' : '/admin/overview');

export const ROUTES: readonly Route[] = [
  {
    pattern: /^\/admin\/overview$/,
    tag: 'console-overview',
    load: () => import('../overview/overview-page.js'),
    nav: 'overview',
  },
  {
    pattern: /^\/admin\/conversations(?:\/(?<id>[^/]{1,400}))?$/,
    tag: 'console-conversations',
    load: () => import('../conversations/conversations-page.js'),
    nav: 'conversations',
  },
  {
    pattern: /^\/admin\/devices$/,
    tag: 'console-devices',
    load: () => import('../devices/devices-page.js'),
    nav: 'devices',
  },
  {
    pattern: /^\/admin\/people$/,
    tag: 'console-people',
    load: () => import('../people/people-page.js'),
    nav: 'people',
  },
  {
    pattern: /^\/admin\/people\/(?<id>[0-9a-f-]{36})$/,
    tag: 'console-person',
    load: () => import('../people/person-page.js'),
    nav: 'people',
  },
  {
    pattern: /^\/admin\/logs\/(?<kind>audit|activity|codes|errors|jobs)$/,
    tag: 'console-logs',
    load: () => import('../logs/logs-page.js'),
    nav: 'logs',
  },
  { pattern: /^\/admin\/keys$/, tag: 'console-keys', load: () => import('../access/keys-page.js'), nav: 'keys' },
  {
    pattern: /^\/admin\/webhooks$/,
    tag: 'console-webhooks',
    load: () => import('../access/webhooks-page.js'),
    nav: 'webhooks',
  },
  {
    pattern: /^\/admin\/webhooks\/(?<id>[0-9a-f-]{36})$/,
    tag: 'console-deliveries',
    load: () => import('../access/deliveries-page.js'),
    nav: 'webhooks',
  },
  {
    pattern: /^\/admin\/security$/,
    tag: 'console-security',
    load: () => import('../access/security-page.js'),
    nav: null,
  },
  {
    pattern: /^\/admin\/applications$/,
    tag: 'console-applications',
    load: () => import('../access/applications-page.js'),
    nav: 'applications',
  },
  {
    pattern: /^\/admin\/(?<kind>settings|templates|test-numbers|signing-keys)$/,
    tag: 'console-settings',
    load: () => import('../settings/settings-page.js'),
    nav: 'settings',
  },
];

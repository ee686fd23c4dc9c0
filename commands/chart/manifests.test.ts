import { expect, test } from 'vitest';
import { findFaults, isBuiltIn, toManifests } from './manifests.ts';

const known = new Set(['PORT']);

interface Changes {
  readonly env?: object[];
  readonly securityContext?: object;
  readonly enableServiceLinks?: boolean;
}

function deployment(changes: Changes = {}) {
  const pod = { app: 'shop', part: 'api' };
  const container = {
    name: 'api',
    command: ['node'],
    env: changes.env ?? [{ name: 'PORT', value: '3000' }],
    resources: { requests: {}, limits: {} },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
  };
  const { securityContext = { runAsNonRoot: true }, enableServiceLinks = false } = changes;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop-api' },
    spec: {
      selector: { matchLabels: pod },
      template: {
        metadata: { labels: pod },
        spec: { containers: [container], securityContext, enableServiceLinks },
      },
    },
  };
}

const resource = (kind: string, spec: object) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'shop' },
  spec,
});

const faultsWith = (...others: object[]) =>
  findFaults(toManifests([deployment(), null, ...others]), known);

test('a consistent release has no faults', () => {
  const service = resource('Service', { selector: { part: 'api' } });
  const budget = resource('PodDisruptionBudget', { selector: { matchLabels: { app: 'shop' } } });
  const scaler = resource('HorizontalPodAutoscaler', { scaleTargetRef: { name: 'shop-api' } });
  expect(faultsWith(service, budget, scaler)).toEqual([]);
});

const hook = {
  annotations: {
    'helm.sh/hook': 'pre-install,pre-upgrade',
    'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
  },
};

test('the network policy of a hook must be a hook as well', () => {
  const pod = deployment().spec.template;
  const template = { ...pod, metadata: { labels: { app: 'shop', part: 'migration' } } };
  const job = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', spec: { template } },
    metadata: { name: 'shop-migration', ...hook },
  };
  const policy = resource('NetworkPolicy', { podSelector: { matchLabels: { part: 'migration' } } });
  expect(faultsWith(job, policy)).toEqual([
    'NetworkPolicy/shop comes after the hook that it is for',
  ]);
  const early = { ...policy, metadata: { ...policy.metadata, ...hook } };
  expect(faultsWith(job, early)).toEqual([]);
});

test.each([
  [resource('Service', { selector: { part: 'worker' } }), 'Service/shop selects no pod'],
  [
    resource('NetworkPolicy', { podSelector: { matchLabels: { app: 'x' } } }),
    'NetworkPolicy/shop selects no pod',
  ],
  [
    resource('ScaledObject', { scaleTargetRef: { name: 'x' } }),
    'ScaledObject/shop scales x, which does not exist',
  ],
  [resource('Secret', {}), 'Secret/shop contains a secret instead of a reference'],
  [
    deployment({ env: [{ name: 'PROT', value: '1' }] }),
    'Deployment/shop-api has an unknown setting PROT',
  ],
])('contradiction %# within a release is reported as a fault', (manifest, fault) => {
  expect(faultsWith(manifest)).toEqual([fault]);
});

test('a pod that may run as root is refused', () => {
  const pod = deployment({ securityContext: { runAsNonRoot: false } });
  expect(() => toManifests([pod])).toThrow('runAsNonRoot');
});

test('a hook must not outlive its release', () => {
  const policy = resource('NetworkPolicy', { podSelector: { matchLabels: { part: 'api' } } });
  const annotations = { ...hook.annotations, 'helm.sh/hook-delete-policy': 'before-hook-creation' };
  const kept = { ...policy, metadata: { ...policy.metadata, annotations } };
  expect(faultsWith(kept)).toEqual(['NetworkPolicy/shop is a hook that outlives its release']);
});

test('a pod whose settings could come from the name of a Service is refused', () => {
  const pod = deployment({ enableServiceLinks: true });
  expect(() => toManifests([pod])).toThrow('enableServiceLinks');
});

test.each([
  ['v1', true],
  ['apps/v1', true],
  ['networking.k8s.io/v1', true],
  ['keda.sh/v1alpha1', false],
  ['monitoring.coreos.com/v1', false],
])('%s is built in: %s', (apiVersion, expected) => {
  expect(isBuiltIn({ apiVersion, kind: 'X', metadata: { name: 'x' } })).toBe(expected);
});

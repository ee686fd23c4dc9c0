import { z } from 'zod';

const labels = z.record(z.string(), z.string());

const container = z.looseObject({
  name: z.string(),
  command: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  resources: z.looseObject({ requests: z.looseObject({}), limits: z.looseObject({}) }),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
  }),
});

const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels }),
  spec: z.looseObject({
    containers: z.array(container).min(1),
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
    enableServiceLinks: z.literal(false),
  }),
});

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().max(63), annotations: labels.optional() }),
  spec: z
    .looseObject({
      template: podTemplate.optional(),
      selector: z.unknown().optional(),
      podSelector: z.unknown().optional(),
      scaleTargetRef: z.looseObject({ name: z.string() }).optional(),
    })
    .optional(),
});

/** The parts of a Kubernetes manifest that the check reads. */
export type Manifest = z.output<typeof manifest>;

/**
 * Returns the manifests in the documents that Helm printed. Ignores empty documents.
 * @throws ZodError if a manifest lacks a required part, for example if a pod may run as root, has no
 *   limits, or gets variables from the names of Services, which may be names of settings
 */
export function toManifests(documents: readonly unknown[]): Manifest[] {
  return documents
    .filter((document) => document !== null)
    .map((document) => manifest.parse(document));
}

/** Returns whether Kubernetes itself defines the kind; others come with an operator such as KEDA. */
export function isBuiltIn({ apiVersion }: Manifest): boolean {
  const [group = ''] = apiVersion.split('/');
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/**
 * Returns the contradictions within one release: a selector without pods, a scaler without a
 * deployment, a Secret (only references are allowed), a setting that is not in `knownSettings`, a
 * network policy that is created after the hook whose pod it is for, and a hook that remains after
 * it succeeded: Helm does not delete hooks with their release.
 */
export function findFaults(
  manifests: readonly Manifest[],
  knownSettings: ReadonlySet<string>,
): string[] {
  const pods = manifests.flatMap(({ spec }) =>
    spec?.template ? [spec.template.metadata.labels] : [],
  );
  const hookPods = manifests.flatMap(({ metadata, spec }) =>
    spec?.template && isHook(metadata) ? [spec.template.metadata.labels] : [],
  );
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  return manifests.flatMap((checked) => {
    const name = `${checked.kind}/${checked.metadata.name}`;
    const faults: string[] = [];
    if (checked.kind === 'Secret') faults.push('contains a secret instead of a reference');
    const selector = findSelector(checked);
    if (selector && !pods.some((pod) => isSelected(pod, selector))) faults.push('selects no pod');
    const isLate = checked.kind === 'NetworkPolicy' && !isHook(checked.metadata);
    if (isLate && selector && hookPods.some((pod) => isSelected(pod, selector))) {
      faults.push('comes after the hook that it is for');
    }
    if (isHook(checked.metadata) && !isDeletedAfterSuccess(checked.metadata)) {
      faults.push('is a hook that outlives its release');
    }
    const target = checked.spec?.scaleTargetRef?.name;
    if (target !== undefined && !deployments.some(({ metadata }) => metadata.name === target)) {
      faults.push(`scales ${target}, which does not exist`);
    }
    for (const { env } of checked.spec?.template?.spec.containers ?? []) {
      const unknown = env.filter((setting) => !knownSettings.has(setting.name));
      for (const setting of unknown) faults.push(`has an unknown setting ${setting.name}`);
    }
    return faults.map((fault) => `${name} ${fault}`);
  });
}

/** Returns whether Helm creates the resource as a hook, before or after all others. */
function isHook({ annotations }: Manifest['metadata']): boolean {
  return annotations?.['helm.sh/hook'] !== undefined;
}

function isDeletedAfterSuccess({ annotations }: Manifest['metadata']): boolean {
  return annotations?.['helm.sh/hook-delete-policy']?.includes('hook-succeeded') === true;
}

/** Returns the labels by which a manifest selects pods. Monitors select services instead. */
function findSelector({ kind, spec }: Manifest): Record<string, string> | undefined {
  if (kind === 'ServiceMonitor') return undefined;
  const selector = spec?.podSelector ?? spec?.selector;
  const plain = labels.safeParse(selector);
  if (plain.success) return plain.data;
  return z.looseObject({ matchLabels: labels }).safeParse(selector).data?.matchLabels;
}

function isSelected(pod: Record<string, string>, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([name, value]) => pod[name] === value);
}

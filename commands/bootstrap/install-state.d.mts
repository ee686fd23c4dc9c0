export function reasonToInstall(root: string, isProduction?: boolean): string | undefined;

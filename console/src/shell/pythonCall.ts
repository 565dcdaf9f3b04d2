/** Code in Python for an operation that the client has no method of its own for. */

import { literal, python } from "./snippets";

/** The module and the name of the operation as the generated client has them; the arguments are Python already. */
export function pythonCall(area: string, operation: string, ...rest: string[]): string {
  const code = python(`print(primatomic.call(${[operation, ...rest].join(", ")}))`);
  const imported = `from primatomic.generated.api.${area} import ${operation}`;
  return code.replace("from primatomic import Primatomic\n", `from primatomic import Primatomic\n${imported}\n`);
}

/** Named arguments; those without a value are left out. */
export const named = (values: Record<string, string | undefined>) =>
  Object.entries(values).flatMap(([name, value]) => (value ? [`${name}=${literal(value)}`] : []));

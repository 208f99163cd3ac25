// What a case of a lint is, and models for it.
import type { LintFacts } from "../../../../ha/config/lint/lint.ts";
import type { AgentConfiguration } from "../../../../ha/config/model/configuration.ts";
import {
  agentConfiguration,
  scriptConfiguration,
  trackReference,
  type InstanceDraft,
} from "../../../support/agent-configuration.ts";
/** One expectation: with a pattern, exactly one finding of that text; without, none of the family. */
export interface LintCase {
  readonly name: string;
  readonly configuration: AgentConfiguration;
  readonly facts?: LintFacts;
  /** Texts that findings of this mistake have. */
  readonly pattern: RegExp;
  readonly fires: "warning" | "notice" | "no";
  /** What the hint must contain. */
  readonly hint?: string;
}

type ScriptDraft = NonNullable<Parameters<typeof scriptConfiguration>[0]>;

/** An instance that tracks one script. */
export function tracking(script: ScriptDraft, instance: InstanceDraft = {}): AgentConfiguration {
  const model = scriptConfiguration(script);
  return agentConfiguration({
    scripts: [model],
    instances: [{ trackedScripts: [trackReference(model.name)], ...instance }],
  });
}

/** Facts of a machine on which every script file has this text. */
export function withScript(text: string, more: LintFacts = {}): LintFacts {
  return { scriptText: () => text, ...more };
}

// Applies the settings of its argument, prints what could not be done, and stays.
import { applyProcessSettings, type ProcessSettings } from "../../ha/io/process-settings.ts";

const settings = JSON.parse(process.argv[2] ?? "{}") as ProcessSettings;
process.stdout.write(`${JSON.stringify(applyProcessSettings(settings))}\n`);
setInterval(() => undefined, 60_000);

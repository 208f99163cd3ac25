import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tempDir } from "./temp.ts";

/** A certificate of a test, in files and in memory. */
export interface TestCertificate {
  /** PEM of the certificate alone. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy's `crt` wants it. */
  readonly pemFile: string;
}

/** A certificate authority that lives as long as the test. */
export interface TestAuthority extends TestCertificate {
  /** Signs a certificate; the first name is its common name, all are DNS alternatives. */
  issue(names: readonly string[], options?: { readonly subject?: string }): TestCertificate;
  /** A PEM revocation list with these certificates on it. */
  revoke(certificates: readonly TestCertificate[]): string;
}

/** Makes an authority with the `openssl` command; EC keys, because they are made at once. */
export function makeAuthority(commonName = "Test authority"): TestAuthority {
  const dir = tempDir();
  let count = 0;
  const newKey = (name: string): string => {
    const keyFile = path.join(dir, `${name}.key`);
    openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", keyFile]);
    return keyFile;
  };
  const describe = (name: string, keyFile: string): TestCertificate => {
    const certFile = path.join(dir, `${name}.crt`);
    const cert = readFileSync(certFile, "utf8");
    const key = readFileSync(keyFile, "utf8");
    const pemFile = path.join(dir, `${name}.pem`);
    writeFileSync(pemFile, cert + key);
    return { cert, key, certFile, keyFile, pemFile };
  };
  const caKey = newKey("ca");
  const caCert = path.join(dir, "ca.crt");
  openssl([
    "req",
    "-x509",
    "-key",
    caKey,
    "-days",
    "2",
    "-subj",
    `/CN=${commonName}`,
    "-out",
    caCert,
  ]);
  const issue: TestAuthority["issue"] = (names, options = {}) => {
    count += 1;
    const name = `leaf-${count}`;
    const keyFile = newKey(name);
    const request = path.join(dir, `${name}.csr`);
    const subject = options.subject ?? `/CN=${names[0]!}`;
    openssl(["req", "-new", "-key", keyFile, "-subj", subject, "-out", request]);
    const extensions = path.join(dir, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names.map((one) => `DNS:${one}`).join(",")}\n`);
    const signing = ["-CA", caCert, "-CAkey", caKey, "-set_serial", String(count)];
    const output = ["-days", "2", "-extfile", extensions, "-out", path.join(dir, `${name}.crt`)];
    openssl(["x509", "-req", "-in", request, ...signing, ...output]);
    return describe(name, keyFile);
  };
  const revoke: TestAuthority["revoke"] = (certificates) => {
    const database = path.join(dir, "index.txt");
    writeFileSync(database, "");
    writeFileSync(path.join(dir, "crlnumber"), "01\n");
    const config = path.join(dir, "ca.cnf");
    writeFileSync(
      config,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\ncrlnumber=${path.join(dir, "crlnumber")}\n` +
        "default_md=sha256\ndefault_crl_days=2\n",
    );
    const ca = ["-config", config, "-keyfile", caKey, "-cert", caCert];
    for (const one of certificates) openssl(["ca", ...ca, "-revoke", one.certFile]);
    const file = path.join(dir, "crl.pem");
    openssl(["ca", ...ca, "-gencrl", "-out", file]);
    return file;
  };
  return { ...describe("ca", caKey), issue, revoke };
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

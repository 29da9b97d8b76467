import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { Problem } from "../../api/problem";
import { t } from "../../i18n/t";
import { Said } from "../../parts/Standing";
import { session } from "../../session/session";

/** Login and password, or a token. */
export function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const [login, setLogin] = useState("");
  const [secret, setSecret] = useState("");
  const [byToken, setByToken] = useState(false);
  const { isBusy, problem, act } = useAction();
  const submit = (submitted: Event): void => {
    submitted.preventDefault();
    if (byToken) session.useToken(secret.trim());
    else act(() => session.signIn(login, secret));
  };
  const change = (): void => {
    setByToken(!byToken);
    setSecret("");
  };
  return (
    <main class="alone">
      <form class="card sign-in" onSubmit={submit}>
        <div class="brand"><img src="/icon.svg" alt="" width="40" height="40" />{t.app.name}</div>
        <p class="quiet">{t.signIn.lead}</p>
        <h1 class="hidden">{t.signIn.title}</h1>
        {hasEnded && problem === null && <p class="note">{t.signIn.ended}</p>}
        {problem !== null && <Said problem={problem.status === 401 ? new Problem(401, problem.slug, t.problem.bySignIn) : problem} />}
        {!byToken && (
          <label>
            {t.signIn.login}
            <input name="login" autocomplete="username" autocapitalize="none" required value={login} onInput={(typed) => setLogin(typed.currentTarget.value)} />
          </label>
        )}
        <label>
          {byToken ? t.signIn.token : t.signIn.password}
          <input
            name="secret" type="password" autocomplete={byToken ? "off" : "current-password"} required value={secret}
            onInput={(typed) => setSecret(typed.currentTarget.value)}
          />
        </label>
        {byToken && <p class="quiet small">{t.signIn.tokenHint}</p>}
        <button type="submit" class="main" disabled={isBusy}>{t.signIn.submit}</button>
        <button type="button" class="link" onClick={change}>{byToken ? t.signIn.withPassword : t.signIn.withToken}</button>
      </form>
    </main>
  );
}

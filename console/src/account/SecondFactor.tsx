/** The second factor: whether it is on, setting it up, new recovery codes, switching it off. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { Pill } from "../design/Pill";
import { plural } from "../format";
import { NewCodes } from "./NewCodes";
import { RecoveryCodes } from "./RecoveryCodes";
import { SetUp } from "./SetUp";
import { SwitchOff } from "./SwitchOff";

/** Few enough that new ones should be made. */
const FEW = 3;

export function SecondFactor({ account }: { account: Schemas["AccountBody"] }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<"set-up" | "codes" | "off">();
  const [codes, setCodes] = useState<string[]>();
  const show = (codes: string[]) => {
    setOpen(undefined);
    setCodes(codes);
    void client.invalidateQueries({ queryKey: ["get", "/account"] });
  };
  const close = () => setOpen(undefined);
  const left = account.recovery_codes_left;
  return (
    <>
      {account.second_factor ? (
        <div className="stack">
          <div className="row">
            <Pill tone="ok">on</Pill>
            <span>Logging in takes your password and a code of your authenticator.</span>
          </div>
          <div className="row">
            {left < FEW && <Pill tone="warn">few left</Pill>}
            <span className="soft">{plural(left, "recovery code")} left</span>
          </div>
          <div className="row">
            <Button onClick={() => setOpen("codes")}>New recovery codes</Button>
            <Button onClick={() => setOpen("off")}>Switch off</Button>
          </div>
        </div>
      ) : (
        <div className="row">
          <div className="grow">
            <Pill tone="quiet">off</Pill> With a second factor, whoever knows your password still needs your phone to log in.
          </div>
          <Button onClick={() => setOpen("set-up")}>Set up</Button>
        </div>
      )}
      <SetUp opened={open === "set-up"} onClose={close} onCodes={show} />
      <NewCodes opened={open === "codes"} onClose={close} onCodes={show} />
      <SwitchOff opened={open === "off"} onClose={close} />
      {codes && <RecoveryCodes codes={codes} email={account.email} onClose={() => setCodes(undefined)} />}
    </>
  );
}

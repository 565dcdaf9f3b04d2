/** The screens of somebody who is not logged in yet. */

export { LoginScreen } from "./LoginScreen";
export { SignupScreen } from "./SignupScreen";
export { VerifyScreen } from "./VerifyScreen";
export { InvitationScreen } from "./InvitationScreen";
export { ForgotScreen, ResetScreen } from "./PasswordScreens";

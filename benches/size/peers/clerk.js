export { ClerkProvider, SignInButton, SignOutButton, useUser } from "@clerk/clerk-react";

"""Tables of settings that each rule of `secure_tiller.checks` refuses, and of those next to them that it accepts."""

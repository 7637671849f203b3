// SPDX-License-Identifier: MIT
#include "../terminal.h"

#include <unistd.h>

bool IsTerminalOnStandardError() { return isatty(STDERR_FILENO) != 0; }

void ReadStandardInputAsBytes() {}

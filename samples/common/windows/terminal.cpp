// SPDX-License-Identifier: MIT
#include "../terminal.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>

bool IsTerminalOnStandardError() { return _isatty(_fileno(stderr)) != 0; }

void ReadStandardInputAsBytes() { _setmode(_fileno(stdin), _O_BINARY); }

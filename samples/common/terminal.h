// SPDX-License-Identifier: MIT
#pragma once

// What differs from one system to another; one .cpp for each.

[[nodiscard]] bool IsTerminalOnStandardError();

// From now on standard input yields its bytes as they are; Windows would make "\n" of "\r\n".
void ReadStandardInputAsBytes();

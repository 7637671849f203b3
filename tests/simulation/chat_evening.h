// SPDX-License-Identifier: MIT
// An evening in the chat of samples/chat_protocol.h: guests come, talk, go from room to room and leave, in order or
// not.
#pragma once

#include "stage.h"

// `chat` is the sample's protocol, or one that claims to behave like it.
[[nodiscard]] Evening ChatEvening(iocp::Simulation& sim, Random& chance, std::shared_ptr<IOCP_Protocol> chat,
                                  std::size_t most_guests);

// Forgets what came behind a line in the same piece: right as long as lines come one by one.
[[nodiscard]] std::shared_ptr<IOCP_Protocol> MakeForgetfulChat();

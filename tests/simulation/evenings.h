// SPDX-License-Identifier: MIT
// The evenings by name and seed.
#pragma once

#include "stage.h"

#include <string_view>
#include <vector>

// What may take place: the protocols of the samples, and two with a planted bug.
enum class Play : std::uint8_t { Chat, Proxy, ForgetfulChat, HastyProxy };

inline constexpr std::array kPlays{Play::Chat, Play::Proxy, Play::ForgetfulChat, Play::HastyProxy};

[[nodiscard]] std::string_view NameOf(Play play) noexcept;

// All chance comes from `seed`.
[[nodiscard]] Evening Perform(Play play, std::uint64_t seed);

// The same with chance from elsewhere, for `most` guests.
[[nodiscard]] Evening Perform(Play play, iocp::Simulation& sim, Random& chance, std::size_t most);

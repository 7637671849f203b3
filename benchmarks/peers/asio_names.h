// SPDX-License-Identifier: MIT
// Asio under its own names: as a part of Boost, else alone.
#pragma once

#if __has_include(<boost/asio.hpp>)
#include <boost/asio.hpp>

namespace asio = boost::asio;
using Code = boost::system::error_code;
inline constexpr int kWithoutLocks = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;
#else
#include <asio.hpp>

using Code = asio::error_code;
inline constexpr int kWithoutLocks = ASIO_CONCURRENCY_HINT_UNSAFE;
#endif

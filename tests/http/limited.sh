#!/bin/sh
# Runs a program with few descriptors, to see it run out of them.
# SPDX-License-Identifier: MIT
ulimit -n 40
exec "$@"

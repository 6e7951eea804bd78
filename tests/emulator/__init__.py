"""Tests of the Pinpoint emulator, through boto3 as its users call it."""

"""Tests of the Pinpoint emulator, called through boto3."""

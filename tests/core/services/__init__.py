"""Tests of the services, with what several of them share."""

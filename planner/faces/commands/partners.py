"""``plugsure feed invite``, ``rotate`` and ``leave``: registrations, and tokens that change."""

import os
import time

import click

from planner.faces.api.party import new_token, our_roles, our_url
from planner.faces.commands.console import note, office
from planner.feeds.partners import invite as invite_party
from planner.feeds.partners import register_feed, unregister_feed

FORMS = ("base64", "raw")


@click.command(epilog="Example: plugsure feed invite shell-recharge")
@click.argument("name")
@click.option("--hub", is_flag=True, help="It is a hub; OCPI 2.1.1 has no way to say so.")
@click.option("--auth-form", type=click.Choice(FORMS), help="How it takes its own token.")
def invite(name: str, hub: bool, auth_form: str | None) -> None:
    """Let the party NAME register with us, and print token A for its operator."""
    token = new_token()
    invite_party(office().store, name, token=token, token_form=auth_form or "", is_hub=hub)
    url = our_url(os.environ)
    note(f"Give this token to {name}, with the address {url or 'https://YOUR.HOST/ocpi'}/versions")
    click.echo(token)


@click.command(epilog="Example: plugsure feed rotate shell-recharge")
@click.argument("name")
def rotate(name: str) -> None:
    """Change the tokens that the party NAME and we use for each other."""
    with office().client() as client:
        register_feed(
            office().store,
            name,
            our_versions_url=f"{our_url(os.environ)}/versions",
            our_roles=our_roles(os.environ),
            new_token=new_token,
            now=time.time(),
            client=client,
        )
    note(f"{name} and we have new tokens")


@click.command(epilog="Example: plugsure feed leave shell-recharge")
@click.argument("name")
def leave(name: str) -> None:
    """End the registration with the party NAME; what it told us stays until the feed is removed."""
    with office().client() as client:
        unregister_feed(office().store, name, now=time.time(), client=client)
    note(f"We are no longer registered with {name}")

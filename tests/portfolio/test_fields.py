from __future__ import annotations

from flex_pipeline.portfolio.field_docs import markdown_table, record_schema
from flex_pipeline.portfolio.fields import sensors_in
from flex_pipeline.portfolio.flex_context import FLEX_CONTEXT, check_flex_context
from flex_pipeline.portfolio.flex_model import STORAGE, check_flex_model

GOOD_CONTEXT = {"consumption-price": {"sensor": "nl.day-ahead", "plus": "0.12 EUR/kWh"}}
GOOD_STORAGE = {"soc-at-start": "5 kWh", "soc-max": "10 kWh", "power-capacity": "5 kW"}


def messages(faults: list[tuple[str, object, str]]) -> dict[str, str]:
    return {field: message for field, _, message in faults}


def test_what_is_right_has_no_faults() -> None:
    assert check_flex_context(GOOD_CONTEXT) == []
    assert check_flex_model(GOOD_STORAGE, "storage") == []


def test_all_faults_are_told_at_once_and_by_name() -> None:
    found = messages(
        check_flex_model(
            {
                "soc-mxa": "10 kWh",
                "soc-min": "1 kW",
                "roundtrip-efficiency": "120%",
                "power-capacity": "5 kW",
            },
            "storage",
            path="devices.battery.flex-model",
        )
    )

    assert "did you mean soc-max" in found["devices.battery.flex-model.soc-mxa"]
    assert '"1 kW" is a power, not an energy' in found["devices.battery.flex-model.soc-min"]
    assert "1 or less" in found["devices.battery.flex-model.roundtrip-efficiency"]


def test_times_may_recur_in_a_portfolio_but_not_in_a_problem() -> None:
    model = GOOD_STORAGE | {
        "soc-minima": [{"value": "8 kWh", "time": "07:30"}],
        "soc-maxima": [{"value": "9 kWh", "start": "22:00", "end": "06:00"}],
    }

    assert check_flex_model(model, "storage") == []
    assert len(check_flex_model(model, "storage", allow_wall_clock=False)) == 2


def test_sensors_may_be_named_in_a_portfolio_but_not_in_a_problem() -> None:
    assert (
        "names a sensor"
        in messages(check_flex_context(GOOD_CONTEXT, allow_sensor=False))["flex-context.consumption-price"]
    )


def test_a_fixed_quantity_cannot_be_a_sensor() -> None:
    found = messages(check_flex_model(GOOD_STORAGE | {"soc-max": {"sensor": "x"}}, "storage"))

    assert "one fixed quantity" in found["flex-model.soc-max"]


def test_two_currencies_are_refused() -> None:
    context = GOOD_CONTEXT | {"site-peak-consumption-price": "3 GBP/kW"}

    assert "mixes EUR and GBP" in messages(check_flex_context(context))["flex-context"]


def test_a_price_is_required() -> None:
    assert "is missing" in messages(check_flex_context({}))["flex-context.consumption-price"]


def test_the_former_list_of_fixed_powers_cannot_be_mixed_with_the_new_ones() -> None:
    context = GOOD_CONTEXT | {"inflexible-device-sensors": [], "inflexible-consumption": []}

    assert (
        "move its sensors there"
        in messages(check_flex_context(context))["flex-context.inflexible-device-sensors"]
    )


def test_a_process_power_needs_its_unit() -> None:
    found = messages(check_flex_model({"power": 4, "duration": "PT1H"}, "process"))

    assert "has no unit" in found["flex-model.power"]


def test_a_month_has_no_length() -> None:
    found = messages(check_flex_model({"power": "4 kW", "duration": "P1M"}, "process"))

    assert "no fixed, positive length" in found["flex-model.duration"]


def test_sensors_are_listed_with_their_place() -> None:
    context = GOOD_CONTEXT | {"inflexible-consumption": [{"sensor": "home.load"}]}

    assert sensors_in(context) == {
        "consumption-price": "nl.day-ahead",
        "inflexible-consumption[0]": "home.load",
    }


def test_schema_and_table_know_every_field() -> None:
    for record in (FLEX_CONTEXT, STORAGE):
        properties = record_schema(record)["properties"]
        present = {name for name, schema in properties.items() if "deprecated" not in schema}
        assert present == {field.name for field in record.fields}
    assert markdown_table(STORAGE).count("\n") == len(STORAGE.fields) + 1


def test_a_state_of_charge_may_be_a_part_of_the_size() -> None:
    model = GOOD_STORAGE | {"soc-at-start": "50%", "soc-minima": [{"value": "80%", "time": "07:30"}]}

    assert check_flex_model(model, "storage") == []
    del model["soc-max"]
    found = messages(check_flex_model(model, "storage"))
    assert found == dict.fromkeys(
        ("flex-model.soc-at-start", "flex-model.soc-minima"), "is a part of soc-max, which is not given"
    )


def test_a_bare_number_is_no_part_of_the_size() -> None:
    found = messages(check_flex_model(GOOD_STORAGE | {"soc-at-start": 20}, "storage"))

    assert "has no unit" in found["flex-model.soc-at-start"]


def test_a_sensor_may_have_a_default_in_the_unit_of_the_field() -> None:
    price = {"sensor": "nl.day-ahead", "default": "80 EUR/MWh"}

    assert check_flex_context({"consumption-price": price}) == []
    wrong = messages(check_flex_context({"consumption-price": price | {"default": "80 kW"}}))
    assert "is a power" in wrong["flex-context.consumption-price.default"]


def test_a_sensor_is_counted_once_among_the_fixed_powers() -> None:
    meter = [{"sensor": "meter"}]
    both = GOOD_CONTEXT | {"inflexible-consumption": meter, "inflexible-production": meter}
    twice = GOOD_CONTEXT | {"inflexible-consumption": [*meter, {"sensor": "other"}, *meter]}

    assert messages(check_flex_context(both)) == {
        "flex-context.inflexible-production[0]": "is counted in inflexible-consumption[0] already"
    }
    assert list(messages(check_flex_context(twice))) == ["flex-context.inflexible-consumption[2]"]


def test_a_commitment_without_a_price_is_none() -> None:
    context = GOOD_CONTEXT | {"commitments": [{"name": "band", "baseline": "1 kW"}]}

    assert messages(check_flex_context(context)) == {
        "flex-context.commitments[0]": "needs up-price, down-price or both"
    }


def test_sensors_with_a_default_need_no_values() -> None:
    context = GOOD_CONTEXT | {"production-price": {"sensor": "fallible", "default": "0 EUR/kWh"}}

    assert set(sensors_in(context).values()) == {"nl.day-ahead", "fallible"}
    assert set(sensors_in(context, with_default=False).values()) == {"nl.day-ahead"}

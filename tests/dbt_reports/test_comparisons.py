"""What reports say of plans beside what was measured, and beside other ways to run the same devices."""

from datetime import UTC, date, datetime

import pytest

from tests.dbt_reports.plans import Reports, Step, burn_gas
from tests.filled import LAST_MONTH, TODAY

DAY = date(2026, 10, 24)
LATER = datetime(2026, 10, 21, tzinfo=UTC)
BATTERY = "home-01/battery"

# Reference: four hours each, EUR/MWh; produced at -50, consumed at -10, produced at 60, consumed at 100
PUBLISHED = [(-100, -50, -5.0), (100, -10, 1.0), (-100, 60, 6.0), (100, 100, -10.0)]


@pytest.mark.parametrize(("power_kw", "price", "profit"), PUBLISHED)
def test_profit_has_the_signs_of_the_reference(
    reports: Reports, power_kw: float, price: float, profit: float
) -> None:
    reports.plan("home-01", DAY, {5: Step(devices_kw={BATTERY: power_kw})})
    reports.execute(
        f"update flex.site_plan set consumption_price = {price / 1000}, production_price = {price / 1000}"
    )
    reports.build(DAY)
    steps = reports.rows("select sum(profit), sum(energy_cost) from reports.device_step")
    assert steps == [(pytest.approx(profit), pytest.approx(-profit))]
    days = reports.rows(f"select profit from reports.device_energy_daily where device_id = '{BATTERY}'")
    assert days == [(pytest.approx(profit),)]


def measure(reports: Reports, hour: int, load_kw: float, price: float) -> None:
    reports.execute(f"""
        insert into flex.site_outcome
        select 'home-01', 'electricity', '{DAY}', event_start, event_end, 0.30, 0.10, 0, 0 from flex.site_plan
        on conflict do nothing
    """)
    reports.execute(f"""
        update flex.site_outcome set inflexible_consumption_kw = {load_kw}, consumption_price = {price}
        where extract(hour from event_start at time zone 'Europe/Amsterdam') = {hour}
    """)


def meter(reports: Reports, hour: int, power_kw: float, soc_kwh: float) -> None:
    reports.execute(f"""
        insert into flex.device_outcome
        select '{BATTERY}', '{DAY}', event_start, event_end, {power_kw}, {soc_kwh} from flex.site_plan
        where extract(hour from event_start at time zone 'Europe/Amsterdam') = {hour}
    """)


def test_realised_is_what_was_measured_with_devices_as_planned(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1, devices_kw={BATTERY: 2})})  # 3 kW at 0.30: 0.90
    measure(reports, hour=7, load_kw=1.5, price=0.40)  # 3.5 kW at 0.40: 1.40
    results = reports.build(DAY)
    rows = reports.rows(
        "select energy_cost, realised_energy_cost, realised_peak_consumption_kw from reports.site_cost_daily"
    )
    assert rows == [(pytest.approx(0.90), pytest.approx(1.40), 3.5)]
    assert results["realised_money_adds_up"].status == "pass"


def test_a_meter_goes_before_the_plan(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1, devices_kw={BATTERY: 2})})
    measure(reports, hour=7, load_kw=1, price=0.30)
    meter(reports, hour=7, power_kw=1, soc_kwh=6.5)
    reports.execute("update flex.schedule set soc_kwh = 7")
    results = reports.build(DAY)
    assert reports.rows("select realised_energy_cost from reports.site_cost_daily") == [
        (pytest.approx(0.60),)
    ]
    rows = reports.rows("""
        select metered_steps, planned_kwh, metered_kwh, deviation_kwh, deviation_cost, largest_soc_deviation_kwh
        from reports.adherence_daily
    """)
    assert rows == [(1, 2.0, 1.0, 1.0, pytest.approx(-0.30), 0.5)]
    assert results["realised_money_adds_up"].status == "pass"


def test_a_day_that_is_not_measured_in_full_has_no_realised_cost(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1)})
    measure(reports, hour=7, load_kw=1, price=0.30)
    reports.execute(
        "delete from flex.site_outcome where event_start = (select max(event_start) from flex.site_outcome)"
    )
    reports.build(DAY)
    assert reports.rows("select realised_energy_cost from reports.site_cost_daily") == [(None,)]
    ways = reports.rows("select way from reports.self_consumption_daily order by 1")
    assert ways == [("no flexibility",), ("planned",)]


def test_a_late_correction_changes_that_day_when_it_is_built_again(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1)})
    measure(reports, hour=7, load_kw=1, price=0.30)
    reports.build(DAY)
    measure(reports, hour=7, load_kw=2, price=0.30)
    reports.build(DAY)
    assert reports.rows("select realised_energy_cost from reports.site_cost_daily") == [
        (pytest.approx(0.60),)
    ]


def test_savings_are_stated_against_each_baseline(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1, devices_kw={BATTERY: 3})})  # 4 kW: 1.20
    reports.plan(  # 1 kW: 0.30
        "home-01", DAY, {7: Step(load_kw=1, baseline_kw={BATTERY: 1})}, believed=LATER, stock_kwh=(5, 4)
    )
    reports.execute(f"""
        insert into flex.alternative
        select r.run_id, 'charge at once', '{BATTERY}', s.event_start, s.event_end,
            case extract(hour from s.event_start at time zone 'Europe/Amsterdam') when 0 then 5 else 0 end, 10
        from flex.current_plan as r join flex.site_plan as s using (run_id)
    """)
    reports.build(DAY)
    rows = reports.rows("""
        select baseline, energy_cost, baseline_energy_cost, saving, stock_difference_kwh, stock_difference_value
        from reports.saving_daily order by 1
    """)
    cost = pytest.approx(0.30)
    assert rows == [
        # 5 kW at midnight beside the load of 1 kW at seven, and a full store that the plan lacks
        ("charge at once", cost, pytest.approx(1.80), pytest.approx(1.50), -6.0, pytest.approx(-1.80)),
        ("no flexibility", cost, pytest.approx(0.60), pytest.approx(0.30), 0.0, 0.0),
        ("previous plan", cost, pytest.approx(1.20), pytest.approx(0.90), 0.0, 0.0),
    ]


def test_what_is_produced_and_used_in_the_same_step_is_own_use(reports: Reports) -> None:
    reports.plan(
        "home-01",
        DAY,
        {
            12: Step(load_kw=1, pv_kw=4, devices_kw={BATTERY: 2}),  # of 4 kWh, 3 are used
            18: Step(load_kw=3, devices_kw={BATTERY: -1}),  # of 3 kWh, 1 is covered
        },
    )
    reports.build(DAY)
    rows = reports.rows("""
        select way, consumed_kwh, produced_kwh, own_use_kwh, self_consumption, self_sufficiency
        from reports.self_consumption_daily order by 1
    """)
    assert rows == [
        ("no flexibility", 4.0, 4.0, 1.0, 0.25, 0.25),
        ("planned", 6.0, 5.0, 4.0, 0.8, pytest.approx(4 / 6)),
    ]


def test_secure_headroom_leaves_room_for_the_errors_of_forecasts(reports: Reports) -> None:
    reports.plan("home-01", DAY, {12: Step(load_kw=2, pv_kw=3)}, capacity_kw=8.0)
    reports.execute("""
        insert into flex.forecast_band
        select run_id, event_start, 1.5, 3, 1, 4 from flex.site_plan where inflexible_consumption_kw = 2
    """)
    reports.build(DAY)
    rows = reports.rows("""
        select net_power_kw, net_power_low_kw, net_power_high_kw, secure_consumption_headroom_kw,
            secure_production_headroom_kw
        from reports.headroom where net_power_kw <> 0
    """)
    assert rows == [(-1.0, -2.5, 2.0, 6.0, 5.5)]  # 1.5 - 4 to 3 - 1


def test_peaks_are_those_of_the_month(reports: Reports) -> None:
    for day, load_kw in ((23, 4.0), (24, 6.0)):
        reports.plan("home-01", date(2026, 10, day), {7: Step(load_kw=load_kw)})
    reports.plan("home-01", date(2026, 11, 1), {7: Step(load_kw=9.0)})
    reports.build(date(2026, 10, 23), date(2026, 11, 1))
    rows = reports.rows("select month, days, peak_consumption_kw from reports.peak_monthly order by 1")
    assert rows == [(date(2026, 10, 1), 2, 6.0), (date(2026, 11, 1), 1, 9.0)]


def test_a_plan_says_how_restless_it_is_and_how_much_it_changed(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(devices_kw={BATTERY: 3})})
    reports.plan(
        "home-01",
        DAY,
        {7: Step(devices_kw={BATTERY: 2}), 8: Step(devices_kw={BATTERY: -2})},
        believed=LATER,
    )
    reports.build(DAY)
    rows = reports.rows(f"""
        select plans_made, switches, change_kwh from reports.plan_stability_daily where device_id = '{BATTERY}'
    """)
    assert rows == [(2, 3, 3.0)]  # rest, take, give, rest; 1 kWh less at seven and 2 kWh at eight


def test_limits_say_what_more_of_them_is_worth(reports: Reports) -> None:
    reports.plan("home-01", DAY, {})
    reports.execute("""
        insert into flex.shadow_price
        select run_id, 'site', 'site_import_limit', event_start, 0.05 * row_number() over (order by event_start),
            'EUR/kW'
        from flex.site_plan order by event_start limit 2
    """)
    reports.build(DAY)
    rows = reports.rows("select binding_steps, value, highest_value from reports.flexibility_value_daily")
    assert rows == [(2, pytest.approx(0.15), pytest.approx(0.10))]


def test_health_tells_of_replaced_plans_and_blocked_devices(reports: Reports) -> None:
    reports.plan("home-01", DAY, {})
    reports.plan("home-01", DAY, {}, status="blocked", believed=LATER)
    reports.build(DAY)
    rows = reports.rows(
        "select status, plans_made, devices, blocked_devices from reports.pipeline_health_daily"
    )
    assert rows == [("blocked", 2, 2, 2)]


def test_what_a_device_burns_is_realised_and_saved_at_the_prices_of_gas(reports: Reports) -> None:
    washer = "home-01/washer"
    reports.plan(
        "home-01", DAY, {7: Step(load_kw=1, devices_kw={washer: 2}), 9: Step(baseline_kw={washer: 3})}
    )
    burn_gas(reports)  # 1 kW at 0.30 and 2 kW at 0.08: 0.46; without flexibility 0.30 + 3 * 0.08
    reports.execute("""
        insert into flex.alternative
        select run_id, 'charge at once', device_id, event_start, event_end, 2 * power_kw from flex.schedule
    """)  # 4 kW at 0.08
    measure(reports, hour=7, load_kw=1, price=0.40)
    reports.execute(f"""
        insert into flex.site_outcome
        select 'home-01', 'gas', '{DAY}', event_start, event_end, 0.10, 0.10, 0, 0 from flex.commodity_plan
    """)  # 1 kW at 0.40 and 2 kW at 0.10

    results = reports.build(DAY)

    costs = reports.rows(
        "select commodity, realised_energy_cost from reports.commodity_cost_daily order by 1"
    )
    assert costs == [("electricity", pytest.approx(0.40)), ("gas", pytest.approx(0.20))]
    days = reports.rows("select energy_cost, realised_energy_cost from reports.site_cost_daily")
    assert days == [(pytest.approx(0.46), pytest.approx(0.60))]
    savings = reports.rows("select baseline, saving from reports.saving_daily order by 1")
    assert savings == [("charge at once", pytest.approx(0.16)), ("no flexibility", pytest.approx(0.08))]
    assert {result.status for result in results.values() if result.unique_id.startswith("test.")} == {"pass"}


def test_gas_that_is_not_measured_leaves_the_cost_of_the_day_open(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1, devices_kw={"home-01/washer": 2})})
    burn_gas(reports)
    measure(reports, hour=7, load_kw=1, price=0.40)

    reports.build(DAY)

    assert reports.rows("select realised_energy_cost from reports.site_cost_daily") == [(None,)]


def test_regret_is_what_forecasts_devices_and_models_cost(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1, devices_kw={BATTERY: 2})})
    measure(reports, hour=7, load_kw=1.5, price=0.40)  # as planned, 3.5 kW at 0.40: 1.40
    meter(reports, hour=7, power_kw=1, soc_kwh=6)  # 2.5 kW at 0.40: 1.00
    # the connection let 1.7 of the 2 kW through: 3.2 kW at 0.40 of the cost of 5 over the horizon
    reports.execute("""
        insert into flex.forecast_value (
            run_id, site_id, date, input_hash, planned_cost, perfect_cost, departed_kwh, followed_energy_cost,
            horizon_end, computed_at
        )
        select run_id, site_id, date, '', 5, 4.5, 0.3, 1.28, now(), now() from flex.schedule_run
    """)
    # 1 kWh less in store than planned, at a mean price of (23 * 0.30 + 0.40) / 24 = 0.3042
    reports.execute("""
        insert into flex.day_cost
        select run_id, way, 'electricity', date, 0, 0, 0, 0, 0, 0, 0, stock_kwh from flex.schedule_run,
            (values ('planned', 7), ('no flexibility', 5), ('realised', 6)) as w (way, stock_kwh)
    """)

    results = reports.build(DAY)

    ((realised, regret, *parts),) = reports.rows("""
        select realised_cost, regret, forecast_regret, execution_regret, model_regret from reports.regret_daily
    """)
    lost = (23 * 0.30 + 0.40) / 24
    assert realised == pytest.approx(5 - 1.28 + 1.00 + lost)
    assert regret == pytest.approx(0.22 + lost)
    assert parts == [pytest.approx(0.50), pytest.approx(-0.40 + lost), pytest.approx(0.12)]
    ((planned, came, surprise, difference, value),) = reports.rows("""
        select planned_energy_cost, realised_energy_cost, forecast_surprise, stock_difference_kwh, stock_value
        from reports.regret_daily
    """)
    # 3 kW at 0.30 were expected: to follow that cost 1.28
    assert (planned, came, surprise) == tuple(map(pytest.approx, (0.90, 1.00, 0.38)))
    assert (difference, value) == (-1.0, pytest.approx(-lost))
    assert results["parts_of_regret_add_up"].status == "pass"


def test_each_part_of_regret_that_is_a_cent_off_is_found(filled: Reports) -> None:
    test = filled.build(LAST_MONTH, TODAY)["parts_of_regret_add_up"]
    assert test.status == "pass"
    assert filled.rows("select count(*) from reports.regret_daily") == [(3,)]

    for part in (
        *("realised_cost", "perfect_cost", "forecast_regret", "execution_regret", "model_regret"),
        *("planned_energy_cost", "realised_energy_cost", "forecast_surprise", "stock_value"),
    ):
        change = f"update reports.regret_daily set {part} = {part} %s 0.01 where date = '{LAST_MONTH}'"
        filled.execute(change % "+")
        found = filled.rows(test.query)
        filled.execute(change % "-")
        assert [row[1] for row in found] == [LAST_MONTH], part


def test_co2_is_that_of_energy_bought_less_that_of_energy_sold(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=3), 12: Step(pv_kw=2, baseline_kw={BATTERY: -1})})
    reports.execute("update flex.site_plan set consumption_emissions = 0.4, production_emissions = 0.3")

    reports.build(DAY)

    # 3 kWh at 0.4 less 2 kWh at 0.3; without flexibility less 3 kWh
    days = reports.rows("select emissions_kg, saving_kg, realised_emissions_kg from reports.emissions_daily")
    assert days == [(pytest.approx(0.6), pytest.approx(-0.3), None)]


def test_a_store_that_two_devices_feed_is_counted_with_the_one_that_owns_it(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=1)}, stock_kwh=(5.0, 6.0))
    reports.execute("update flex.device_plan set baseline_soc_end_kwh = 4 where device_id like '%battery'")
    reports.execute("""
        update flex.device_plan set soc_start_kwh = 5, soc_end_kwh = 6, baseline_soc_end_kwh = 4,
            shares_stock_of = 'home-01/battery'
        where device_id = 'home-01/washer'
    """)
    # charged at once, it holds 5.5 kWh after the last hour, whichever of the two one asks
    reports.execute("""
        insert into flex.alternative
        select run_id, 'charge at once', device_id, event_start, event_end, 0, 5.5 from flex.schedule
    """)

    reports.build(DAY)

    assert reports.rows("select stock_change_kwh from reports.site_cost_daily") == [(1.0,)]
    assert reports.rows("select stock_change_kwh from reports.device_energy_daily order by device_id") == [
        (1.0,),
        (None,),
    ]
    left = reports.rows(
        "select baseline, stock_difference_kwh, stock_difference_value from reports.saving_daily"
    )
    assert sorted(left) == [
        ("charge at once", 0.5, pytest.approx(0.15)),
        ("no flexibility", 2.0, pytest.approx(0.60)),
    ]


def test_a_day_is_what_is_bought_less_what_is_sold(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=3), 12: Step(pv_kw=2)})

    reports.build(DAY)

    parts = reports.rows("select component, cost, realised_cost from reports.cost_component_daily order by 1")
    assert parts == [
        ("energy bought", pytest.approx(0.90), None),
        ("energy sold", pytest.approx(-0.20), None),
    ]


def test_a_day_costs_its_energy_and_all_that_is_paid_for_besides(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=3), 12: Step(pv_kw=2)})
    measure(reports, hour=7, load_kw=4, price=0.30)
    # peak, breach, commitment, wear and CO2 in three ways
    reports.execute("""
        insert into flex.day_cost
        select run_id, way, 'electricity', date, peak, 0.5, 0, 0.25, 0.01, 3, 2, 5 from flex.schedule_run,
            (values ('planned', 1), ('no flexibility', 2), ('realised', 4)) as w (way, peak)
    """)

    results = reports.build(DAY)

    parts = reports.rows("""
        select component, cost, baseline_cost, realised_cost from reports.cost_component_daily order by 1
    """)
    assert parts == [
        ("breach", 0.5, 0.5, 0.5),
        ("commitment", 0.0, 0.0, 0.0),
        ("emissions", 0.01, 0.01, 0.01),
        ("energy bought", *map(pytest.approx, (0.90, 0.90, 1.20))),
        ("energy sold", *map(pytest.approx, (-0.20, -0.20, 0.0))),
        ("peak", 1.0, 2.0, 4.0),
        ("wear", 0.25, 0.25, 0.25),
    ]
    totals = "select total_cost, baseline_total_cost, realised_total_cost from reports.site_cost_daily"
    assert reports.rows(totals) == [tuple(map(pytest.approx, (2.46, 3.46, 5.96)))]
    test = results["totals_are_energy_and_all_besides"]
    assert test.status == "pass"
    reports.execute("update reports.site_cost_daily set realised_total_cost = realised_total_cost + 0.01")
    assert len(reports.rows(test.query)) == 1


def test_the_peaks_of_a_billing_period_are_those_of_its_days(reports: Reports) -> None:
    before = date(2026, 10, 23)
    for day, load_kw in ((before, 5), (DAY, 7)):
        reports.plan("home-01", day, {7: Step(load_kw=load_kw, baseline_kw={BATTERY: 2})})
    # 3 EUR/kW: 5 kW, and 2 more
    reports.execute("""
        insert into flex.day_cost
        select run_id, way, 'electricity', '2026-10-01', case date when '2026-10-24' then 6 else 15 end,
            0, 0, 0, 0, 0, 0, 0
        from flex.schedule_run, unnest('{planned,no flexibility}'::text[]) as way
    """)

    reports.build(before, DAY)

    found = reports.rows("""
        select site_id, commodity, billing_period, days, peak_consumption_kw, baseline_peak_consumption_kw,
            realised_peak_consumption_kw, cost, realised_cost
        from reports.billing_period_peak
    """)
    assert found == [("home-01", "electricity", date(2026, 10, 1), 2, 7.0, 9.0, None, 21.0, None)]


def test_a_total_is_open_until_all_components_are_known(reports: Reports) -> None:
    reports.plan("home-01", DAY, {7: Step(load_kw=3)})

    reports.build(DAY)

    assert reports.rows("select energy_cost, total_cost from reports.site_cost_daily") == [
        (pytest.approx(0.90), None)
    ]


def test_forecasts_are_judged_over_all_leads_by_their_steps(reports: Reports) -> None:
    reports.execute("""
        insert into flex.sensor (name, site_id, kind, unit, resolution, active, version_id)
        values ('home-01.load', 'home-01', 'load', 'kW', '1 hour', true, 1)
    """)
    reports.execute(f"""
        insert into flex.forecast_accuracy
        select sensor_id, '{DAY}', evaluation, 'model', lead, 7, '', n, mae, 0, 0, 0.8, 0.5, now()
        from flex.sensor, (values ('live', 6, 1, 0.2), ('live', 30, 3, 0.4), ('backtest', 6, 1, 9))
            as a (evaluation, lead, n, mae)
    """)

    reports.build(DAY)

    # (1 * 0.2 + 3 * 0.4) / 4 = 0.35, against 0.5 a week before
    days = reports.rows("select sensor, steps, mae, skill from reports.forecast_accuracy_daily")
    assert days == [("home-01.load", 4, pytest.approx(0.35), pytest.approx(0.3))]
